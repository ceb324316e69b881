/** Russian texts of alarms: what a gateway’s rules tell people. */
import type { Wording } from '../texts.ts';

export const alarmRu = {
  // a metric beyond its limit
  'threshold.above': '{device}: {metric} {value}, выше {limit}',
  'threshold.below': '{device}: {metric} {value}, ниже {limit}',
  'threshold.above-for': '{device}: {metric} {value}, выше {limit} уже {duration}',
  'threshold.below-for': '{device}: {metric} {value}, ниже {limit} уже {duration}',
  'threshold.reached': '{device}: {metric}, максимум {value}, порог {limit}',
  'threshold.fell-to': '{device}: {metric}, минимум {value}, порог {limit}',
  'threshold.no-longer-above': '{device}: {metric} {value}, уже не выше {limit}',
  'threshold.no-longer-below': '{device}: {metric} {value}, уже не ниже {limit}',
  'threshold.condition-over': '{device}: {metric} {value}, условие правила больше не выполняется',
  channel: '{device} ({channel})',
  // a device that says nothing
  'silent.raised': '{device}: молчит {duration}',
  'silent.over': '{device}: снова на связи',
  'silent.over-after': '{device}: снова на связи, молчание длилось {duration}',
  // what a camera saw
  'zone-entered.raised': '{camera}: {thing} в зоне «{zone}»',
  'zone-entered.several': '{camera}: {thing} в зоне «{zone}» (внутри: {count, number})',
  'zone-entered.over': '{camera}: зона «{zone}» снова пуста',
  'zone-left.raised': '{camera}: {thing} вне зоны «{zone}», время в зоне: {duration}',
  'zone-left.over': '{camera}: больше никто не выходил из зоны «{zone}»',
  'loitering.raised': '{camera}: {thing} в зоне «{zone}» уже {duration}',
  'loitering.over': '{camera}: в зоне «{zone}» больше никто не задерживается',
  'zone-count.more': '{camera}: в зоне «{zone}» {count, number}, больше {limit, number}',
  'zone-count.fewer': '{camera}: в зоне «{zone}» {count, number}, меньше {limit, number}',
  'zone-count.more-for': '{camera}: в зоне «{zone}» {count, number}, больше {limit, number} уже {duration}',
  'zone-count.fewer-for': '{camera}: в зоне «{zone}» {count, number}, меньше {limit, number} уже {duration}',
  'zone-count.no-longer-more': '{camera}: в зоне «{zone}» {count, number}, уже не больше {limit, number}',
  'zone-count.no-longer-fewer': '{camera}: в зоне «{zone}» {count, number}, уже не меньше {limit, number}',
  'zone-empty.raised': '{camera}: в зоне «{zone}» никого уже {duration}',
  'zone-empty.over': '{camera}: зона «{zone}» больше не пуста',
  'line-crossed.left': '{camera}: {thing}, линия «{line}» пересечена влево',
  'line-crossed.right': '{camera}: {thing}, линия «{line}» пересечена вправо',
  'line-crossed.up': '{camera}: {thing}, линия «{line}» пересечена вверх',
  'line-crossed.down': '{camera}: {thing}, линия «{line}» пересечена вниз',
  'line-crossed.over': '{camera}: больше никто не пересекал линию «{line}»',
  // what was done to a camera
  'tamper.stalled': 'нет изображения',
  'tamper.covered': 'закрыта, или темно',
  'tamper.blurred': 'не в фокусе, или загрязнён объектив',
  'tamper.moved': 'смотрит не туда, куда раньше',
  'tamper.raised': '{camera}: {tamper}',
  'tamper.raised-because': '{camera}: {tamper} ({reason})',
  'tamper.stalled-over': '{camera}: изображение снова есть',
  'tamper.over': '{camera}: вид восстановлен',
  // an alarm's life
  'not-followed': '{message}: больше не отслеживается, активных тревог больше {limit, number}',
} as const satisfies Wording<'alarm'>;
