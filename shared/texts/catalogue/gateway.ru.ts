/** Russian texts of what a gateway says of itself: its status, its problems, what it could not understand. */
import type { Wording } from '../texts.ts';

export const gatewayRu = {
  // the line on top of the gateway's page
  'summary.well': 'Всё в порядке',
  'summary.alarms':
    '{count, plural, one {Тревога требует внимания} few {# тревоги требуют внимания} many {# тревог требуют внимания} other {# тревоги требуют внимания}}',
  'summary.things':
    '{count, plural, one {Один пункт требует внимания} few {# пункта требуют внимания} many {# пунктов требуют внимания} other {# пункта требуют внимания}}',
  'summary.active':
    '{count, plural, one {Активна одна тревога} few {Активны # тревоги} many {Активно # тревог} other {Активно # тревоги}}',
  'summary.over': '{summary} (завершена через {duration})',
  'summary.clock': 'Часы не подтверждены сервером времени',
  'summary.devices': '{count, plural, one {# устройство} few {# устройства} many {# устройств} other {# устройства}}',
  'summary.never-connected':
    '{count, plural, one {{names}: ещё не подключалось} few {{names}: ещё не подключались} many {{names}: ещё не подключались} other {{names}: ещё не подключались}}',
  'summary.wrong-password':
    '{count, plural, one {{names}: вход с неверным паролем} few {{names}: вход с неверным паролем} many {{names}: вход с неверным паролем} other {{names}: вход с неверным паролем}}',
  'summary.not-connected':
    '{count, plural, one {{names}: нет подключения} few {{names}: нет подключения} many {{names}: нет подключения} other {{names}: нет подключения}}',
  'summary.unreadable':
    '{count, plural, one {{names}: сообщения не разобрать, проверьте декодер} few {{names}: сообщения не разобрать, проверьте декодер} many {{names}: сообщения не разобрать, проверьте декодер} other {{names}: сообщения не разобрать, проверьте декодер}}',
  'summary.forbidden':
    '{count, plural, one {{names}: обращение к запрещённым топикам, см. «Отказы»} few {{names}: обращение к запрещённым топикам, см. «Отказы»} many {{names}: обращение к запрещённым топикам, см. «Отказы»} other {{names}: обращение к запрещённым топикам, см. «Отказы»}}',
  'summary.camera': '{name}: {reason}',
  'summary.connecting': 'подключение',
  'summary.uplink-lost': 'Центр недоступен; события хранятся здесь, пока связь не восстановится',
  'summary.uplink-silent': 'Связь есть, но центр не отвечает',
  // what a trial of a camera showed
  'trial.time-passed': 'Прошло время',
  'trial.thing': '{kind} ({score}, высота {height} кадра)',
  'trial.entered': '{thing}: вход в зону {zone}',
  'trial.left': '{thing}: выход из зоны {zone}',
  'trial.parked': '{thing}: стоит в зоне {zone}',
  'trial.moved': '{thing}: снова движется в зоне {zone}',
  'trial.crossed-left': '{thing}: линия {line} пересечена влево',
  'trial.crossed-right': '{thing}: линия {line} пересечена вправо',
  'trial.crossed-up': '{thing}: линия {line} пересечена вверх',
  'trial.crossed-down': '{thing}: линия {line} пересечена вниз',
  'trial.alarm': 'Тревога: {message}',
} as const satisfies Wording<'gateway'>;
