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
  'old.history': 'история центра не принимает события',
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
  'reason.no-id': '«{text}» — не идентификатор (a-z, 0-9, -)',
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
  'reason.no-cursor': 'cursor взят не из ответа на предыдущую страницу',
  'reason.limit': 'limit {limit}: нужно целое число больше 0',
  'reason.step': 'step {step}: нужно целое число секунд, от 1 с до 366 дней',
  'reason.step-divides': 'step {step} с: шаг короче суток должен делить сутки нацело',
  'reason.scattered':
    'номера {where} распадаются больше чем на {most} диапазонов: отправитель нумерует события с пропусками',
  'reason.superseded':
    'место шлюза «{gateway}» с {at} занимает устройство, восстановленное из его резервной копии, а это больше не принимается: выключите его или сделайте его резервную копию и восстановите её',
  'reason.own-alarm': 'центр сам поднял эту тревогу и отметил подтверждение',
  'reason.kafka': 'Kafka: {reason}',
  'reason.silent': 'не отвечает',
  'reason.clock-set-back': 'часы этой машины переведены назад на {seconds, number} с',
  'reason.no-sign': 'ответа нет уже {seconds, number} с',
  'reason.made-anew': 'топик {topic} удалён и создан заново',
  'reason.few-brokers':
    'брокеров Kafka меньше {replicas, number}, поэтому топики нельзя создать: для одного брокера задайте kafka: development: true',
  'reason.producer-stopped': 'отправка в Kafka остановлена',
  'reason.records-wait': 'записей уже ждёт отправки: {count}',
  'reason.no-answer-within': 'не отвечает уже {seconds} с',
  'reason.no-answer-for': 'нет ответа для {partition}',
  'reason.connected-late': 'соединение установлено слишком поздно',
  'reason.topic-client-clock':
    'топик {topic} ставит время по часам клиента, и шлюз с неверными часами теряет события: задайте message.timestamp.type=LogAppendTime',
  'reason.topic-compacted':
    'топик {topic} уплотняется (compact), и от каждого шлюза остаётся только последняя запись: задайте cleanup.policy=delete',
  'reason.topic-not-compacted':
    'топик {topic} не уплотняется, и его записи со временем пропадут: задайте cleanup.policy=compact',
  'reason.topic-retention':
    'топик {topic} удаляет записи через {minutes} мин, даже непрочитанные: задайте retention.ms не меньше суток',
  'reason.topic-codec':
    'топик {topic} сжимает записи кодеком {codec}, который центр не читает: задайте compression.type=zstd',
  'reason.topic-replicas':
    'у топика {topic} {count, plural, one {# реплика} few {# реплики} many {# реплик} other {# реплики}} вместо {planned}: потеря брокера может унести события',
  'reason.topic-one-broker':
    'топик {topic} считает запись сохранённой, когда она есть лишь на одном брокере: задайте min.insync.replicas={planned}',
  'reason.topic-partitions':
    'у топика {topic} разделов {now}, а было {before}: пока не дочитаны старые разделы, события шлюза могут идти не по порядку; ничего не потеряно. Проверьте это, удалите файл {file} и перезапустите центр',
  'reason.no-status': 'это не состояние шлюза',
  'reason.speaks-for': 'это состояние другого шлюза, «{gateway}»',
  'reason.status-wrong': 'состояние шлюза не по схеме («{said}»)',
  'reason.status-field': 'поле {path} состояния шлюза не по схеме («{said}»)',
  'reason.empty-record': 'запись пустая',
  'reason.other-key': 'ключ «{key}» — не шлюз «{gateway}»',
  'reason.long-attribute': '{name} длиннее {count} знаков: {text}…',
  'reason.many-parts': 'в записи больше {count} значений',
  'reason.other-source': 'source {source} не соответствует площадке, шлюзу и устройству: «{own}»',
  'reason.other-content': '{event}: событие с этим номером, но с другим содержимым уже сохранено',
  'reason.event-refused': 'событие {event}: {reason}',
  'reason.no-row': 'событие {event} не записывается в историю: {error}',
  'reason.stored-nothing-for': 'история ничего не сохранила за {seconds} с',
  'reason.stopping': 'центр останавливается',
  'reason.history-silent': 'хранилище истории {where} не отвечает: {error}',
  'reason.history-no-json': 'хранилище истории {where} ответило не строками JSON («{said}»)',
  'reason.history-refused-by': 'хранилище истории {where} отказало (HTTP {status}): {reason}',
  'reason.history-statement': 'хранилище истории не выполнило команду: {reason}',
  'reason.history-query': 'хранилище истории не выполнило запрос: {reason}',
  'reason.history-insert': 'хранилище истории не приняло запись: {reason}',
  'reason.history-disk-full': 'его диск заполнен («{said}»)',
  'reason.history-busy': 'хранилище истории занято: запросов уже ждёт {count}',
  'reason.history-closed': 'хранилище истории не открыто',
  'reason.history-held':
    'папку истории {folder} открыть нельзя: она занята ({holder}). Каждому центру нужна своя папка: остановите другой центр или задайте этому другое значение data',
  'reason.history-damaged': 'история в {folder} повреждена и не открывается («{said}»)',
  'reason.history-unopened': 'история в {folder} не открывается («{said}»)',
  'problem.history-parts':
    'история пропускает повреждённые файлы, их событий не хватает (частей: {parts}): остановите центр и выполните «forpost cloud rebuild», он заново прочтёт события, которые ещё есть в Kafka',
  'reason.parts-of': '{count} в {table}',
  'problem.history-refilled':
    '{reason}. {time} она отложена в {folder}, начата пустая. Она заполняется заново тем, что ещё есть в Kafka; того, что было только в старой, не хватает. Сообщение исчезнет, когда папку перенесут или удалят',
  'problem.history-not-refilled':
    '{reason}. {time} она отложена в {folder}, начата пустая. Заново она не заполнена ({trouble}): остановите центр и выполните «forpost cloud rebuild». Сообщение исчезнет, когда папку перенесут или удалят',
  'problem.history-missing':
    '{reason}. {time} она отложена в {folder}, начата пустая. Сохранённого раньше здесь нет; шлюзы могут снова отправить то, что ещё хранят (forpost replay). Сообщение исчезнет, когда папку перенесут или удалят',
  'reason.other-centre-reads': 'те же топики читает другой центр',
  'reason.kafka-code': 'Kafka отказывает с кодом ошибки {code}',
  'problem.users-known': '{reason}: прежние пользователи по-прежнему входят',
  'problem.users-none': '{reason}: войти не может никто',
  'reason.file-gone': 'файла {file} больше нет',
  'reason.users-damaged':
    'файл {file} повреждён ({reason}). Исправьте его или переместите, тогда при следующем запуске появится новый пользователь {user}',
  'reason.empty': 'он пуст',
  'reason.users-shape': 'его содержимое не такого вида: {shape}',
  'reason.no-hash': 'пароль «{user}» — не хеш argon2id',
  'reason.webhook-unreached': 'вебхук {name} ({address}) недоступен: {reason}',
  'reason.webhook-status': 'вебхук {name} ({address}) ответил HTTP {status}',
  'reason.webhook-redirects':
    'вебхук {name} ({address}) перенаправляет на другой адрес (HTTP {status}), это не допускается',
  'reason.webhook-pause': '{reason} и просит подождать {seconds} с',
  'reason.dns-silent': 'DNS не отвечает',
  'reason.certificate-expired': 'его сертификат истёк по часам этой машины',
  'reason.certificate-early': 'его сертификат ещё не действует по часам этой машины',
  'reason.certificate-self-signed': 'его сертификат не подписан известным этой машине УЦ',
  'reason.certificate-ca': 'его сертификат подписан неизвестным этой машине УЦ',
  'reason.certificate-name': 'его сертификат выдан на другое имя: укажите это имя в url',
  'reason.no-tls': 'там нет TLS: укажите в url http:// или порт с TLS',
  'reason.batch-codec':
    'пачка записей ({count}) сжата кодеком {codec}, который центр не знает: задайте топику compression.type=zstd',
  'reason.batch-broken': 'пачка записей ({count}), сжатая кодеком {codec}, не распаковывается («{said}»)',
  'reason.kafka-answers': 'Kafka ответила {code} («{said}»)',
  'reason.client-says': 'kafkajs сообщает: «{said}»',
  'problem.reload':
    'в {place} {count, plural, one {ошибка} few {и ниже # ошибки} many {и ниже # ошибок} other {и ниже # ошибки}}, действует прежняя конфигурация. Что исправить, покажет команда «forpost check {file}»',
} as const satisfies Wording<'centre'>;
