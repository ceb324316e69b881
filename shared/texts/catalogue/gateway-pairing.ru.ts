/** Russian texts of pairing: what its window did, and why an unknown client cannot be taken in. A group of the part `gateway`. */
import type { gatewayPairingEn } from './gateway-pairing.en.ts';

export const gatewayPairingRu = {
  'pairing.opened':
    '{by}: окно сопряжения открыто на {minutes, plural, one {# минуту} few {# минуты} many {# минут} other {# минуты}}',
  'pairing.ended': 'окно сопряжения закрылось: время вышло',
  'pairing.closed-by': '{by}: окно сопряжения закрыто',
  'pairing.ignored':
    '{by}: неизвестный клиент «{client}» с адреса {address} не показывается до закрытия окна сопряжения',
  'pairing.closed': 'окно сопряжения закрыто: откройте его, и клиент постучится снова в течение минуты',
  'pairing.no-knocker':
    'неизвестного клиента с номером {number, number} нет: его скрыли, или он уступил место более новому',
  'pairing.being-taken-in': 'этого клиента прямо сейчас принимает кто-то другой',
  'pairing.taken-in': 'этот клиент уже принят как «{name}», принял {by}',
  // its own log-in
  'pairing.no-log-in': 'клиент не называет имени пользователя или пароля: нужен пароль, созданный здесь',
  'pairing.log-in-long':
    'имя пользователя или пароль клиента нельзя сохранить в таком виде: нужен пароль, созданный здесь',
  'pairing.user-taken':
    'имя пользователя «{user}» принадлежит другому, и нет client id, который отличил бы их: нужен пароль, созданный здесь',
  'pairing.log-in-known': 'этот пароль знают все: он заводской или один из тех, что пробуют первыми',
  'pairing.log-in-short':
    'пароль клиента короче {count, plural, one {# знака} few {# знаков} many {# знаков} other {# знака}}',
  // what a person chose
  'pairing.name': 'имя содержит от 1 до {count, plural, one {# буквы} few {# букв} many {# букв} other {# буквы}}',
  'pairing.no-id': '«{id}» не годится как id: нужно от 1 до 64 знаков a-z, 0-9 и -',
  'pairing.id-taken': 'id «{id}» уже занят: выберите другой',
  'pairing.choose-decoder': 'ни один декодер не узнаёт этого клиента: выберите один из {names}',
  'pairing.say-topic': 'этот декодер не узнаёт клиента: укажите, как клиент называет себя в своих темах',
  'pairing.never-bridge': '{about} передаёт только собственные данные: примите его как устройство',
  'pairing.only-bridge': '{about} передаёт данные нескольких устройств: примите его как мост',
  'pairing.claims-not': 'этот клиент не называет имени пользователя «{id}»',
  'pairing.not-replaced': 'вход не заменён',
  'pairing.replaced': '{by}: «{name}» теперь клиент «{client}» с адреса {address}, прежний пароль больше не действует',
  'pairing.edited-by-hand': 'site.yaml изменён вручную: сначала примите эту правку («forpost site apply»)',
  'pairing.others-change': 'другие снова и снова меняют объект одновременно с вами: повторите попытку',
} as const satisfies Readonly<Record<keyof typeof gatewayPairingEn, string>>;
