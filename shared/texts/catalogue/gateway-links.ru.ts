/** Russian texts about what a gateway is connected to: the uplink, gaps, the vision process, models. A group of the part `gateway`. */
import type { gatewayLinksEn } from './gateway-links.en.ts';

export const gatewayLinksRu = {
  // the uplink's lanes
  'reason.no-connection-within': 'нет подключения за {seconds, number} с',
  'reason.no-answer-within': 'нет ответа за {seconds, number} с',
  'reason.event-refused': 'событие {number} эпохи {epoch} окончательно отклонено: {reason}',
  'reason.gap-refused': 'запись о пропуске окончательно отклонена: {reason}',
  'reason.outbox-unread': 'очередь не читается: {reason}',
  'reason.session-gone': 'сеанс уже закрыт',
  'reason.budget-used': 'лимит {size} на {day} исчерпан: показания пойдут после полуночи, тревоги передаются сразу',
  'reason.link-held': 'канал ограничен: {bytes, number} байт в секунду',
  'reason.uplink-restarts': 'передача перезапускается',
  // Kafka
  'reason.kafka': 'Kafka, {what}: {reason}',
  'reason.kafka-connecting': 'подключение к {brokers}',
  'reason.kafka-sending': 'отправка в {topic}',
  'reason.kafka-commands': 'чтение команд',
  'reason.kafka-closing': 'закрытие',
  'reason.no-answer-of': '{what}: нет ответа за {seconds, number} с',
  'reason.kafka-to-kafka': 'подключение к Kafka',
  'reason.topic-silent': 'топик {topic} не отвечает',
  'reason.topic-error': 'топик {topic} ответил кодом ошибки {code, number}',
  'reason.partition-silent': 'нет ответа для раздела {partition, number} топика {topic}',
  'reason.no-password': 'в файле секретов нет пароля для канала «{name}» (uplink: {name}: password: …)',
  'reason.no-token': 'в файле секретов нет токена для канала «{name}» (uplink: {name}: token: …)',
  'reason.no-topic':
    'в Kafka нет топика {topics}: его создаёт центр — выполните там forpost cloud topics --config cloud.yaml (или запустите его) с префиксом «{prefix}»',
  'reason.no-topic-for-user':
    'в Kafka нет топика {topics}: его создаёт центр — выполните там forpost cloud topics --config cloud.yaml (или запустите его) с префиксом «{prefix}» и разрешите пользователю «{user}» запись',
  'problem.partitions-added':
    'порядок под угрозой: в топике Kafka {topic} теперь разделов {now, number}, а при первой отправке шлюза было {was, number}. Шлюз продолжает считать по {was, number}, чтобы его события шли по порядку; чтобы распределить их заново, начните новое поколение топиков (другой префикс)',
  'reason.kafka-name': 'сертификат брокера выдан на другое имя: укажите это имя в brokers («{detail}»)',
  'reason.kafka-tls-version': 'брокеру нужна другая версия TLS, а здесь есть 1.2 и 1.3',
  'reason.kafka-not-taken': 'брокер не принимает наш сертификат: {reason}',
  'reason.kafka-not-trusted':
    'брокер не принимает наш сертификат {file}: подпишите его у удостоверяющего центра, которому брокер доверяет, или добавьте этот центр брокеру',
  'reason.kafka-advertised':
    'Kafka называет брокер {broker} (его advertised.listeners), недоступный отсюда («{error}»): брокер выключен, или в advertised.listeners нужен адрес, доступный этой машине',
  'reason.kafka-unreadable': 'ответ не разобрать: это точно брокер Kafka?',
  'reason.kafka-wants-tls': 'порт отвечает по TLS: здесь нужен TLS (tls)',
  'reason.kafka-no-kafka': 'пришёл ответ из {bytes, number} байт — не от Kafka',
  // the receiver
  'reason.http-name': 'сертификат выдан на другое имя: укажите это имя в url («{detail}»)',
  'reason.http-tls-version': 'приёмнику нужна другая версия TLS, а у шлюза есть 1.2 и 1.3',
  'reason.http-not-taken': 'приёмник не принимает сертификат шлюза: {reason}',
  'reason.http-not-trusted':
    'приёмник не принимает сертификат шлюза {file}: подпишите его у удостоверяющего центра, известного приёмнику',
  'reason.http-part': '{where} принял пакет не целиком: отправка повторяется',
  'reason.http-moved': '{where} сообщает, что переехал на {location}: если это верно, укажите новый адрес в url канала',
  'reason.http-answered': '{where} ответил {status}: {reason}',
  'reason.no-receiver': '{where} отвечает не как приёмник Forpost: проверьте адрес',
  'reason.proxy-login': '{what} требует имя и пароль: HTTPS_PROXY=http://USER:PASSWORD@HOST:PORT',
  'reason.proxy-refuses': '{what} отклоняет это подключение: разрешите его или укажите узел в NO_PROXY',
  'reason.proxy-refuses-with':
    '{what} отклоняет это подключение (HTTP {status}): разрешите его или укажите узел в NO_PROXY',
  'reason.the-proxy': 'прокси из HTTPS_PROXY',
  'reason.the-proxy-at': 'прокси из HTTPS_PROXY ({host})',
  // why events are missing
  'reason.gap-shed': 'удалены: в очереди не было места',
  'reason.gap-forgone': 'уже не хранились, когда этот центр был настроен',
  'reason.gap-damaged': 'потеряны: файл очереди был повреждён и отложен',
  'reason.gap-altered': 'потеряны: повреждены на диске шлюза',
  'reason.gap-restored': 'потеряны: шлюз восстановлен из более старой резервной копии',
  'reason.gap-short': 'потеряны: файл очереди был старее или короче сохранённого',
  'reason.gap-unnumbered': 'отброшены: очередь ничего не принимала, и ждало слишком много',
  'reason.gap-refused-by': '{sink} отклоняет: {reason}',
  // a mended outbox
  'problem.outbox-put-aside':
    'файл очереди был повреждён ({reason}): он отложен, начат новый, спасено событий — {saved, number}, диапазонов отмечено потерянными — {ranges, number}',
  'problem.outbox-mended':
    'очередь: часть событий на диске изменена или пропала, диапазонов отмечено потерянными — {ranges, number}',
  'problem.outbox-found': 'очередь: {reason}',
  'reason.outbox-bits':
    '{count, plural, one {исправлен # искажённый бит} few {исправлены # искажённых бита} many {исправлено # искажённых бит} other {исправлено # искажённого бита}} журнала: ничего не потеряно, но диск выходит из строя',
  'reason.outbox-gone': 'файл пропал или был пуст: начат новый, прежнее содержимое отмечено потерянным',
  'reason.outbox-damaged': 'файл был повреждён ({what}): потерянное отмечено',
  'reason.outbox-ranges':
    '{count, plural, one {# диапазон событий изменён или пропал} few {# диапазона событий изменены или пропали} many {# диапазонов событий изменены или пропали} other {# диапазона событий изменены или пропали}}',
  'reason.outbox-older': 'он старее или короче сохранённого',
  'reason.outbox-ranges-older':
    '{count, plural, one {# диапазон событий изменён или пропал} few {# диапазона событий изменены или пропали} many {# диапазонов событий изменены или пропали} other {# диапазона событий изменены или пропали}}; он старее или короче сохранённого',
  'reason.outbox-no-tables': 'это не очередь: нет таблиц',
  'reason.outbox-no-version': 'версия не указана',
  'reason.outbox-version-altered': 'таблица эпохи и версии изменена',
  'reason.outbox-table-altered': 'таблица {table} не такая, какой её создаёт Forpost',
  'reason.outbox-frame': 'блок {frame, number} журнала повреждён, а после него записаны другие',
  'reason.outbox-header': 'заголовок журнала повреждён',
  'reason.outbox-lanes': 'таблица линий изменена',
  'reason.outbox-alert': 'тревога изменена или пропала',
  'reason.outbox-places': 'события изменены в стольких местах, что их не перечислить',
  'reason.outbox-disorder': 'порядок событий нарушен',
  'reason.outbox-event': 'событие после {place} изменено или пропало',
  // the vision process
  'problem.camera': 'камера {camera}: {reason}',
  'problem.camera-detector': 'детектор камеры {camera}: {reason}',
  'problem.camera-classes': 'классы камеры {camera}: {reason}',
  'problem.camera-key-frames': 'ключевые кадры камеры {camera}: {reason}',
  'problem.camera-decoder': 'декодер камеры {camera}: {reason}',
  'reason.key-frames-every':
    'камера передаёт их только раз в {seconds, number} с, и после каждого обрыва до следующего нет изображения: задайте интервал ключевых кадров 1–2 с',
  'reason.processor-decodes': '{reason}; декодирует процессор',
  'reason.model-classes': 'модель {model} не знает: {classes}',
  'reason.model-out':
    'модель «{model}» {what}: вместо неё следит встроенная модель движения, и правила действуют на всё, что движется; добавьте модель заново (forpost model add) или выберите другую',
  'reason.model-hangs': 'снова и снова подвешивала процесс анализа видео',
  'reason.model-crashes':
    'обрушила процесс анализа видео {count, plural, one {# раз} few {# раза} many {# раз} other {# раза}} подряд',
  'problem.no-clips':
    'видео не записывается: {what}. Дайте шлюзу память для него, от 128 МБ (Docker: --shm-size=128m; Kubernetes: emptyDir с medium Memory в /dev/shm)',
  'reason.two': '{reason}; {what}',
  'reason.not-in-memory': '{folder} находится не в памяти',
  'reason.little-memory': 'в {folder} свободно {size, number} МБ',
  'reason.closed-folder': 'в {folder} нельзя писать',
  'reason.vision-slow-start': 'не запустился вовремя',
  'reason.vision-status': 'завершился с кодом {status, number}',
  'reason.vision-signal': 'завершён сигналом {signal}',
  'reason.vision-silent': 'не подавал признаков жизни {seconds, number} с',
  'reason.vision-memory': 'занял {size, number} МБ памяти',
  // models
  'reason.model-missing': 'модель «{model}» не установлена: forpost model add {model} (или путь к файлу)',
  'reason.model-card':
    'карточка модели «{model}» повреждена («{error}»): добавьте модель заново через forpost model add',
  'reason.model-token': 'токен модели «{model}» не читается: «{error}»',
  'reason.model-kind': 'вид модели «{model}» этой версии неизвестен: {kind}',
  'reason.model-unreadable': 'файл модели «{model}» не читается: «{error}»',
  'reason.model-other':
    'файл модели «{model}» — не тот, что был установлен: добавьте модель заново через forpost model add',
  'reason.model-opens': 'onnxruntime не открывает {what}: «{error}»',
  'reason.model-file': 'файл модели «{model}»',
  'reason.model-built-in': 'встроенную модель движения',
  'reason.onnxruntime': 'ошибка onnxruntime: «{error}»',
  'reason.model-empty': 'файл пуст',
  'reason.model-no-onnx': 'файл другого вида («{kind}»), а нужен ONNX',
  'reason.model-task': 'модель для другой задачи («{task}»), а нужна модель обнаружения',
  'reason.model-outputs':
    'выходы модели — {outputs}, а таких нет ни у одного семейства, которое знает Forpost ({known})',
  'reason.model-side': '{model} принимает сторону {size, number} пикселей, а не {other, number}',
  'reason.model-not-float': 'выход «{name}» имеет тип {type}, а не float32: экспортируйте модель с полной точностью',
  'reason.motion-not-float': 'встроенная модель движения: выход «{name}» — не float32',
  'reason.model-shape': '{model}: выход уже не той формы, с какой модель добавлена',
  'reason.model-nan': '{model} отвечает NaN: повреждён файл модели или её среда',
  'reason.model-picture': 'модель принимает {inputs}, а камера даёт одно изображение [1, 3, height, width]',
  'reason.model-half':
    'модель принимает {inputs}: половинная точность (float16) не для этого процессора, экспортируйте с float32',
  'reason.model-float': 'модель принимает {inputs}: экспортируйте её для изображений float32',
  'reason.model-nhwc':
    'модель принимает {inputs}: цвета стоят последними (NHWC), экспортируйте её с [1, 3, height, width]',
  'reason.model-colours': 'модель принимает {inputs}, а в изображении 3 цвета',
  'reason.model-batch': 'модель принимает {inputs}: изображений сразу {count, number}, экспортируйте её для одного',
  'reason.model-sides':
    'модель принимает {inputs}, а нужны стороны до {side, number} пикселей, кратные {divisor, number}',
  'reason.detectors-stopping': 'детекторы останавливаются',
  'reason.detectors-stopped': 'детекторы остановлены',
  'reason.detector-thread': 'поток завершился с кодом {code, number}',
  'reason.detector-failed': 'ошибка детектора: {reason}',
  'reason.detector-at': 'детектор {server}',
  'reason.detector-without': 'детектор {server} отвечает без «{name}»',
  'reason.detector-token': '{what} не принимает токен: задайте другой через forpost model add … --token-file FILE',
  'reason.detector-no-model': '{what} не имеет модели «{model}»: «{error}»',
  'reason.detector-protocol': '{what} не поддерживает Open Inference Protocol (gRPC, KServe V2)',
  'reason.detector-said': '{what}: ошибка «{error}»',
  'reason.detector-type': '«{name}» в ответе — тип, который не читается: {type}',
  'reason.detector-values': 'в «{name}» ответа значений {count, number}, а по форме должно быть {length, number}',
  'reason.model-address': '«{address}» — не адрес модели: нужно grpcs://HOST:PORT/MODEL (или grpc:// без TLS)',
  'reason.model-address-login': 'имени и пароля в адресе быть не может: токен задаётся через --token-file',
} as const satisfies Readonly<Record<keyof typeof gatewayLinksEn, string>>;
