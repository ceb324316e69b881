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
  'alarm.superseded':
    'старое устройство шлюза {gateway} продолжает передавать: с {at} его место занимает устройство, восстановленное из резервной копии. Центр старое устройство не принимает; его события, пришедшие через Kafka, лежат среди непринятых. Выключите его',
  'problem.plain': '{words}',
  'problem.kafka': 'Kafka: {reason}',
  'problem.kafka-connecting': 'Kafka: подключение',
  'problem.nothing-stored': 'с {time} ничего не сохраняется: {reason}. События не теряются: новые ждут в очереди',
  'problem.dead-letters':
    'с {time} события ждут за записью, которую нельзя ни прочитать, ни отложить в топик *.deadletter: {reason}. События не теряются: новые ждут в очереди',
  'problem.twin-kept':
    'под именем «{gateway}» могут работать два шлюза или шлюз с копией диска: {time} {reason}. Действует первое содержимое, второе — в топике *.deadletter',
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
  'reason.no-gateway': 'шлюз «{gateway}» центру неизвестен',
  'reason.no-event': 'события {event} в истории нет',
  'reason.page-not-built': 'страница не собрана: выполните «npm run web» и перезапустите центр',
  'reason.evidence-not-here': 'этого файла в центре (ещё) нет',
  'reason.look-not-noted':
    'каждый просмотр снимка записывается до показа, а записать сейчас нельзя ({reason}): повторите',
  'reason.many-pictures':
    'ещё {count, plural, one {# снимок} few {# снимка} many {# снимков} other {# снимка}} от «{gateway}» в пути: подождите',
  'reason.key-not-trusted':
    'шлюз «{gateway}» не принимает команды этого центра: добавьте {key} в его gateway.yaml, commands: trusted_keys',
  'reason.command-not-sent': '{reason}. Команда, скорее всего, не отправлена: отправьте её снова',
  'reason.command-validity': 'команда действует не дольше {hours, number} ч',
  'reason.command-arguments': 'аргументы команды длиннее {bytes, number} байт',
  'reason.commands-full':
    'шлюзу «{gateway}» за сутки отправлено команд: {count, number}. Подождите или выясните, кто их отправляет',
  'reason.commands-kept': 'за последние двое суток сохранено команд: {count, number}, больше хранить нельзя',
  'reason.not-changed': '{reason}. Ничего не изменено: повторите',
  'reason.send-again': '{reason}: отправьте ещё раз',
  'reason.not-acknowledged': 'Тревога не подтверждена: {reason}. Подтвердите её ещё раз',
  'reason.not-noted': 'подтверждение тревоги не записалось в историю: {reason}',
  'reason.no-id': '«{text}» не идентификатор (a-z, 0-9, -)',
  'reason.others-write-site': 'площадку шлюза «{gateway}» сейчас меняет кто-то ещё: повторите',
  'reason.others-change-gateway': 'шлюз «{gateway}» сейчас меняет кто-то ещё: повторите',
  'reason.no-record-back': 'запись из {topic} не прочиталась вовремя',
  'reason.from-after-to': '«from» должно быть раньше «to»',
  'reason.from-to': 'from и to задаются в мс с 1970 года',
  'reason.too-far-apart': 'между from и to слишком много времени: выберите период короче',
  'reason.too-many-points':
    'получится точек: {points}, а допустимо {most}: выберите шаг от {seconds} с или период короче',
  'reason.too-many-series-points': 'получится больше {most} точек: увеличьте шаг или сократите период',
  'reason.no-time-zone': '«{name}» — не часовой пояс, например Europe/Berlin',
  'reason.no-cursor': 'cursor взят не из ответа с предыдущей страницей',
  'reason.limit': 'limit {limit}: нужно целое число больше 0',
  'reason.step': 'step {step}: нужно целое число секунд, от 1 с до 366 дней',
  'reason.step-divides': 'step {step} с: шаг короче суток должен делить сутки нацело',
  'reason.scattered':
    'номера {where} распадаются больше чем на {most} диапазонов: отправитель нумерует события с пропусками',
  'reason.superseded':
    'место шлюза «{gateway}» с {at} занимает устройство, восстановленное из его резервной копии, а это больше не принимается: выключите его или сделайте его резервную копию и восстановите её',
  'reason.own-alarm': 'центр сам поднял эту тревогу и отметил подтверждение',
} as const satisfies Wording<'centre'>;
