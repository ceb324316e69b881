/** Russian texts of the area of bridges. */
import type { setUpBridgesEn } from './set-up-bridges.en.ts';

export const setUpBridgesRu = {
  'bridges.title': 'Мосты',
  'bridges.about': 'одно подключение для многих устройств, например Zigbee2MQTT',
  'bridges.none': 'На объекте пока нет мостов.',
  'bridges.add': 'Добавить мост',
  'bridges.add-title': 'Новый мост',
  'bridges.added': 'Мост добавлен',
  'bridges.added-how':
    'Введите это в настройках MQTT самого моста. Когда он подключится, устройства за ним появятся здесь и будут ждать названий.',
  'bridges.to-it': 'К мосту',
  'bridges.count':
    '{count, plural, =0 {за ним пока нет устройств} one {за ним # устройство} few {за ним # устройства} many {за ним # устройств} other {за ним # устройства}}',
  'bridges.itself': 'Сам мост',
  'bridges.decoder-hint': 'Программа или прошивка моста.',
  'bridges.topic-hint':
    'Только если мост называет себя не так, как его идентификатор. У Zigbee2MQTT это основная тема, например zigbee2mqtt.',
  'decoder.zigbee2mqtt': 'Zigbee2MQTT',
  'decoder.zigbee2mqtt-about': 'Устройства Zigbee любых производителей за Zigbee2MQTT.',
  'decoder.tasmota-bridge-about': 'Tasmota на шлюзе Zigbee.',
  'decoder.native-bridge-about': 'Программа, которая в каждом показании называет устройство в поле device.',
  // devices behind a bridge
  'bridges.devices': 'Устройства за мостом',
  'bridges.devices-none': 'Ни у одного устройства за этим мостом пока нет названия.',
  'bridges.behind': 'за мостом {name}',
  'bridges.source': 'Название или адрес у моста',
  'bridges.source-hint':
    'Адрес не меняется, когда мост переименовывает устройство, например 0x00158d0001a2b3c4. Если пусто, действует идентификатор.',
  // found devices
  'bridges.found': 'Найденные устройства',
  'bridges.found-about':
    'Мосты передают данные этих устройств, но на объекте их ещё нет. Их данные хранятся под мостом, и правила их не проверяют, пока вы их не примете.',
  'bridges.found-none': 'Ни одно устройство не ждёт названия. Подключите устройство к мосту, и оно появится здесь.',
  'bridges.found-id-hint': 'Если оставить пустым, получится из названия. Никогда не меняется.',
  'bridges.messages': '{count, plural, one {# сообщение} few {# сообщения} many {# сообщений} other {# сообщения}}',
  'bridges.no-message': 'пока ничего не отправило',
  'bridges.newest': 'Последнее сообщение',
  'bridges.more': 'Место и идентификатор',
  'bridges.renamed':
    'Мост переименовал устройство: раньше это было «{name}». Примите его как то же самое или очистите идентификатор.',
  'bridges.named': '«{name}» теперь устройство объекта.',
  'bridges.dropped':
    'С запуска шлюза {count, plural, one {ещё # найденное устройство уступило} few {ещё # найденных устройства уступили} many {ещё # найденных устройств уступили} other {ещё # найденного устройства уступили}} место более новым.',
  // a device that is a bridge
  'bridges.make-ask': 'Оно передаёт данные нескольких устройств…',
  'bridges.make-what':
    'Как мост оно сохранит идентификатор, вход и правила, а каждое устройство за ним получит своё название. Это можно отменить в истории.',
  'bridges.make': 'Сделать мостом',
} as const satisfies Readonly<Record<keyof typeof setUpBridgesEn, string>>;
