/** Russian texts of the area of pairing. */
import type { setUpPairingEn } from './set-up-pairing.en.ts';

export const setUpPairingRu = {
  'pairing.title': 'Сопряжение',
  'pairing.about': 'подключить новые устройства: они появляются сами, а вы их принимаете',
  'pairing.what':
    'Пока окно открыто, могут подключаться устройства, которых объект не знает. Они показаны здесь и ничего не могут, пока вы их не примете.',
  'pairing.step-open': 'Откройте окно.',
  'pairing.step-device': 'Введите в устройстве адрес этого шлюза и включите устройство.',
  'pairing.step-take': 'Когда оно появится здесь, дайте ему имя и примите его.',
  'pairing.how-long': 'Открыть на',
  'pairing.minutes': '{count, plural, one {# минуту} few {# минуты} many {# минут} other {# минуты}}',
  'pairing.open': 'Открыть окно',
  'pairing.is-open': 'Окно открыто, осталось {left}.',
  'pairing.opened-by': 'Открыл: {name}.',
  'pairing.meanwhile': 'Устройства объекта работают как обычно.',
  'pairing.longer': 'Ещё пять минут с этого момента',
  'pairing.close': 'Закрыть окно',
  'pairing.nobody':
    'Пока не подключилось ни одно неизвестное устройство. Если ваше не появляется, выключите и включите его: некоторые после отказа больше не пытаются.',
  'pairing.knocking':
    '{count, plural, one {# неизвестное устройство} few {# неизвестных устройства} many {# неизвестных устройств} other {# неизвестного устройства}}',
  'pairing.turned-away':
    '{count, plural, one {Отклонено # подключение} few {Отклонено # подключения} many {Отклонено # подключений} other {Отклонено # подключения}}: слишком много с одного адреса, слишком много всего, или клиент скрыт.',
  'pairing.refused-title': 'Отклонённые устройства',
  'pairing.refused-about': 'Устройства, которых объект не знает. Чтобы подключить одно из них, откройте окно.',
  'pairing.refused-times':
    'Отклонено {count, plural, one {# раз} few {# раза} many {# раз} other {# раза}}, последний раз {time}.',
  // one unknown device
  'pairing.silent': 'Оно подключено и пока ничего не отправило.',
  'pairing.unrecognised': 'Ни один декодер не узнаёт того, что оно отправляет.',
  'pairing.is': 'Это {what}.',
  'pairing.likely': 'Вероятно, это {what}.',
  'pairing.perhaps': 'Возможно, это {what}.',
  'pairing.a-bridge': '{what}, мост к нескольким устройствам',
  'pairing.claims': 'Оно называет имя пользователя устройства «{name}», но с другим паролем.',
  'pairing.replace': 'Это «{name}» после сброса или его замена…',
  'pairing.replace-warning':
    'Этот клиент получит всё, что есть у «{name}»: темы, правила и ожидающие сообщения. Делайте это, только если стоите у самого устройства.',
  'pairing.replace-what': 'Прежний пароль сразу перестаёт действовать. Устройство, которое им пользуется, отключается.',
  'pairing.replace-now': 'Передать ему «{name}»',
  'pairing.unreadable': 'Часть сообщений прочесть нельзя: {reason}',
  'pairing.address': 'Адрес',
  'pairing.client-id': 'Идентификатор клиента',
  'pairing.none': 'нет',
  'pairing.gone': 'Сейчас не подключено, последний раз {time}.',
  'pairing.in-clear': 'Подключается без TLS.',
  'pairing.refused-before': 'Раньше отклонено {count, plural, one {# раз} few {# раза} many {# раз} other {# раза}}.',
  'pairing.messages':
    '{count, plural, one {# тема} few {# темы} many {# тем} other {# темы}}, в которые оно отправляет',
  'pairing.more-topics':
    '{count, plural, one {# сообщение} few {# сообщения} many {# сообщений} other {# сообщения}} в других темах',
  'pairing.has-ended': 'Окно закрыто: откройте его снова, чтобы принять это устройство.',
  // taking in
  'pairing.more': 'Место, id и вход',
  'pairing.id-hint': 'Если оставить пустым, получится из имени. Никогда не меняется.',
  'pairing.topic': 'Как оно называет себя в темах',
  'pairing.is-bridge': 'Это мост',
  'pairing.is-bridge-hint':
    'Мост передаёт данные нескольких устройств, например датчиков сети Zigbee. Каждое из них получает своё название.',
  'pairing.choose': 'Выберите',
  'pairing.log-in': 'Вход',
  'pairing.own': 'имя пользователя и пароль, которые у него есть',
  'pairing.made': 'новый пароль, который нужно ввести в устройстве',
  'pairing.keeps': 'Имя пользователя и пароль остаются прежними, менять ничего не нужно.',
  'pairing.gets': 'Вы получите пароль, который нужно ввести в устройстве.',
  'pairing.take': 'Принять',
  'pairing.taking': 'Принимается…',
  'pairing.ignore': 'Скрыть',
  'pairing.waits': 'Принято. Устройство войдёт в течение минуты.',
  'pairing.waits-entry': 'Принято. Устройство ждёт, пока вы введёте в нём пароль.',
  'pairing.arrived': 'Готово: устройство вошло {time}.',
  'pairing.name-devices': 'Назвать устройства за ним',
  'pairing.is-in': 'Принял {name}; id устройства: {id}.',
} as const satisfies Readonly<Record<keyof typeof setUpPairingEn, string>>;
