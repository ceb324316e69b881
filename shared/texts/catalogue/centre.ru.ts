/** Russian texts of what the centre says of its gateways and of itself. */
import type { Wording } from '../texts.ts';

export const centreRu = {
  'alarm.silent': 'Шлюз {name} молчит: что происходит на площадке, центру неизвестно',
  'alarm.silent-over': 'Шлюз снова на связи',
  'alarm.silent-together':
    '{count, plural, one {# шлюз замолчал} few {# шлюза замолчали} many {# шлюзов замолчали} other {# шлюза замолчали}} одновременно ({names}): ищите общую причину, например линию связи или Kafka',
  'alarm.silent-together-over': 'Все шлюзы, замолчавшие одновременно, снова на связи',
  'alarm.names-more': '{names} и ещё {count, number}',
  'alarm.lost': 'Шлюз потерял события, восстановить их нельзя',
  'alarm.lost-why': 'Шлюз потерял события, восстановить их нельзя: {reason}',
  'alarm.storage': 'Хранилище шлюза: {problem}',
  'alarm.storage-over': 'Хранилище шлюза снова в порядке',
  'alarm.clock': 'Часы шлюза давно не синхронизированы: время его событий может быть неверным',
  'alarm.clock-over': 'Часы шлюза снова синхронизированы',
  'alarm.link': 'Не работает канал шлюза: {links}',
  'alarm.link-why': '{sink} ({reason})',
  'alarm.link-over': 'Каналы шлюза снова работают',
  'alarm.missing': 'В центре недостаёт подтверждённых событий ({lanes}): их номера в карточке шлюза',
  'alarm.missing-over': 'Недостающих событий у шлюза больше нет',
  'alarm.out-of-service': 'Шлюз выведен из работы',
  'alarm.not-seen-again': 'больше не повторялось',
  'alarm.flood':
    'шлюз {gateway} шлёт слишком много: {why}. Доля других шлюзов сохраняется; его тревоги приходят одним сообщением',
  'alarm.flood-alerts': 'больше {limit} тревог в секунду',
  'alarm.flood-events': 'больше {limit} событий в секунду',
  'alarm.flood-bytes': 'больше {limit} байт в секунду',
  'alarm.flood-refused': 'он продолжает отправку, хотя предел её не допускает',
  'alarm.flood-over': 'шлюз {gateway} снова укладывается в свой предел',
  'alarm.claims-site':
    'шлюз {gateway} называет своей площадкой «{site}», но относится к «{own}», поэтому центр это не принимает. Если шлюз перенесли или площадку переименовали, используйте «Перенести на другую площадку»; если нет, его токен или сертификат мог попасть к постороннему',
  'problem.plain': '{words}',
  'problem.kafka': 'Kafka: {reason}',
  'problem.kafka-connecting': 'Kafka: подключение',
  'problem.nothing-stored': 'с {time} ничего не сохраняется: {reason}. События не теряются: новые ждут в очереди',
  'problem.dead-letters':
    'с {time} события ждут за записью, которую нельзя прочитать и нельзя отложить в dead letters: {reason}. События не теряются: новые ждут в очереди',
  'problem.twin-kept':
    'под именем «{gateway}» могут работать два шлюза или шлюз с копией диска: {time} {reason}. Действует первое содержимое, второе — в dead letters',
  'problem.twin-dropped':
    'под именем «{gateway}» могут работать два шлюза или шлюз с копией диска: {time} {reason}. Действует первое содержимое, второе не сохранено',
  'problem.records':
    'с запуска центра не {count, plural, one {обработана # запись} few {обработаны # записи} many {обработано # записей} other {обработано # записи}}; последняя причина: {reason}',
  'problem.record-before': 'до этого запуска, {time}, не обработана запись: {reason}',
  'problem.channel-unreachable': '{reason}: уведомления через него сейчас не доходят',
  'problem.channel-waits': '{reason}; в очереди {count, number}',
  'problem.channel-gave-up':
    'канал {channel} не доставил {count, plural, one {# уведомление} few {# уведомления} many {# уведомлений} other {# уведомления}}',
  'note.catching-up':
    'центр догоняет очередь: в Kafka ещё {count, plural, one {# несохранённая запись} few {# несохранённые записи} many {# несохранённых записей} other {# несохранённой записи}}',
  'old.kafka': 'Kafka не отвечает центру',
  'old.history': 'журнал центра не принимает события',
  'refusal.no-commands': 'он не принимает команд: добавьте ключ центра в его gateway.yaml, commands: trusted_keys',
  'refusal.no-receiver': 'ему некуда их отправить: добавьте приёмник в его gateway.yaml, раздел evidence',
} as const satisfies Wording<'centre'>;
