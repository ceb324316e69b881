/** Russian texts of what the checks beyond the schemas find in configuration files. A group of the part `mistake`. */
import type { mistakeChecksEn } from './mistake-checks.en.ts';

export const mistakeChecksRu = {
  // the document of the site
  'site.newer':
    'у этого документа формат {format}, а этот Forpost ({version}) знает {known}: документ сделан более новой версией, ниже — то, что здесь неизвестно; установите ту версию или уберите неизвестное и поставьте format: {known}',
  'site.newer-known':
    'у этого документа формат {format}, а этот Forpost ({version}) знает {known}: документ сделан более новой версией, но неизвестного в нём нет; установите ту версию или уберите неизвестное и поставьте format: {known}',
  'site.no-map': 'документ — не блок ключей YAML',
  'edit.nothing': '{path}: правка ничего не называет',
  'edit.beyond': '{path}: за концом списка',
  'edit.no-block': '{path}: это не список и не блок ключей',
  'edit.absent': '{path}: этого нет в документе',
  'zone.unknown': 'часового пояса «{zone}» нет',
  'zone.example': 'часового пояса «{zone}» нет; пример: Europe/Berlin',
  'id.device': 'идентификатор «{id}» уже занят устройством',
  'id.bridge': 'идентификатор «{id}» уже занят мостом',
  'id.consumer': 'идентификатор «{id}» уже занят потребителем',
  'id.camera': 'идентификатор «{id}» уже занят камерой',
  'id.rule': 'идентификатор «{id}» уже занят правилом',
  'id.zone': 'идентификатор «{id}» уже занят зоной',
  'id.line': 'идентификатор «{id}» уже занят линией',
  'bridge.decoder-of-devices':
    'декодер {decoder} говорит за одно устройство: перенесите запись в раздел devices; для моста подходят {names}',
  'bridge.source-taken':
    '«{source}» — уже устройство «{device}» моста «{bridge}»: у моста одно устройство записано один раз',
  'device.decoder-of-bridges': 'декодер {decoder} говорит за многие устройства: перенесите запись в раздел мостов',
  'device.decoder': 'декодера «{name}» нет',
  'device.topic': '«{topic}» не может быть топиком устройства: там говорят другие',
  'device.topic-taken': '«{topic}» уже топик устройства «{device}»',
  'device.key-of-decoder': 'ключ {key} есть только у декодера {decoder}',
  'device.keys': 'у одного устройства больше {count} ключей',
  'metric.wrong': '«{metric}» — не имя величины: нужны a-z, 0-9 и _, например power_w',
  'metric.unknown': 'величины «{metric}» нет; может быть, «{name}»?',
  'camera.transport': 'у камеры «{camera}» задан transport, но выбирать между tcp и udp можно только для rtsp://',
  'camera.guard': 'у камеры «{camera}» задан ключ {key}, но сертификаты есть только у rtsps:// и https://',
  'camera.two-guards':
    'у камеры «{camera}» заданы и ca, и fingerprint: с fingerprint считается один этот сертификат; уберите один из двух ключей',
  'camera.threshold': 'у камеры «{camera}» задан порог для «{name}», но среди её классов такого нет',
  'camera.hidden-login':
    'в адресе камеры «{camera}», похоже, стоит пароль с «/», «#» или «?», а эти знаки заканчивают имя узла: имени и паролю там не место, они стоят в файле секретов, под cameras: {camera}, как user и password (знак @ в пути пишется %40)',
  'camera.login':
    'в адресе камеры «{camera}» стоит имя или пароль: они стоят в файле секретов, под cameras: {camera}, как user и password',
  'camera.address': 'адрес камеры «{camera}» не читается',
  'camera.no-device': 'адрес камеры «{camera}» не называет устройства этой машины: v4l2:///dev/video0',
  'consumer.nothing': 'потребителю «{id}» ничего не разрешено: задайте subscribe, publish или role',
  'consumer.role': 'роли «{name}» нет',
  'consumer.base': 'base_topic бывает только у ролей: {names}',
  'consumer.topic': '«{topic}» не может быть топиком потребителя: там говорят другие',
  'consumer.filter': '«{filter}» — не фильтр MQTT: «+» стоит вместо целого уровня, «#» — вместо остатка в конце',
  'consumer.forbidden':
    'в «{filter}» публиковать нельзя: там говорят шлюз и устройства; из этих топиков потребителю можно писать в forpost/devices/<device>/commands',
  // rules
  rule: 'правило «{id}»: {reason}',
  'rule.kind': 'вида правил «{name}» нет',
  'rule.device-and-devices': 'у правила есть или device, или devices, но не оба ключа',
  'rule.no-device': 'нет ключа device: это идентификатор устройства или «*» для всех',
  'rule.unknown-camera': 'камеры «{id}» нет',
  'rule.no-cameras': 'камеры «{id}» нет; на этом объекте нет камер',
  'rule.when': 'ошибка в условии: {reason}',
  'rule.when-at': 'ошибка в условии: {reason}\n    {expression}\n    {mark}',
  'rule.message': 'в message неизвестный {placeholder}',
  'rule.greatest': '{key}: нужно не меньше {least} ({other})',
  'rule.class': 'камера «{camera}» не следит за «{name}»',
  'rule.above-or-below': 'у порога есть или above, или below',
  'rule.count-above-or-below': 'у счёта есть или above, или below',
  'rule.clear-above': 'clear: нужно не больше {limit}, потому что тревога поднимается выше этого значения',
  'rule.clear-below': 'clear: нужно не меньше {limit}, потому что тревога поднимается ниже этого значения',
  'condition.long': 'больше букв, чем {count}',
  'condition.number': 'это число, а не true или false',
  'condition.type': 'это значение типа {type}, а не true или false',
  // actions
  action: 'действие «{id}»: {reason}',
  'id.action': 'идентификатор «{id}» уже занят действием',
  'action.kind': 'вида действия «{name}» нет',
  'action.rule': 'правила «{id}» нет',
  'action.url': '«{url}» не адрес, который начинается с http:// или https://',
  'action.url-login':
    'в адресе не должно быть имени и пароля: токен хранится в файле секретов в разделе actions: {id}: token',
  'secret.unused-action': 'actions.{id}: секрет есть, но такого действия на объекте нет',
  'secret.action-name': 'у действия вида {kind} нет секрета «{name}»',
  // secrets
  'secret.no-password-device':
    'у устройства «{id}» нет пароля: добавьте его под mqtt в {file} (forpost devices password {id})',
  'secret.no-password-bridge':
    'у моста «{id}» нет пароля: добавьте его в раздел mqtt файла {file} («forpost devices password {id}»)',
  'secret.no-password-consumer':
    'у потребителя «{id}» нет пароля: добавьте его под mqtt в {file} (forpost devices password {id})',
  'secret.unused-login': 'mqtt.{id} — пароль, но такого устройства или потребителя на объекте нет',
  'secret.unused-camera': 'cameras.{id} — пароль, но такой камеры на объекте нет',
  'secret.no-hash':
    '{where} — не хеш пароля: сами пароли здесь не стоят; сделайте хеш командой forpost devices password {id}',
  'secret.nothing': 'в mqtt.{id} нет ни пароля, ни сертификата: новый сделает команда forpost devices rotate {id}',
  'secret.client-id': 'mqtt.{id}.client_id бывает только с постоянным именем: задайте user или уберите client_id',
  'secret.twice-certificate': 'mqtt.{id}: сертификат {name} уже у «{owner}»: у каждого он свой',
  'secret.twice-log-in': 'mqtt.{id}: постоянный вход {name} уже у «{owner}»: у каждого он свой',
  'secret.twice-user': 'mqtt.{id}: постоянное имя {name} уже у «{owner}»: у каждого оно своё',
  'secret.user-of-other':
    'mqtt.{id}.user: «{user}» — идентификатор другого: задайте client_id, по которому их различают',
  'secret.no-argon2':
    'console.{id} — не хеш argon2id: сами пароли здесь не стоят; сделайте хеш командой forpost devices password {id} --console',
  'secret.viewer': 'viewers: под console нет имени «{name}»',
  'secret.no-uplink': 'uplink.{name} — {key}, но uplink с таким именем нет',
  // gateway.yaml
  'mqtt.plain': 'MQTT без TLS на {host} передаёт пароли открыто: задайте mqtt.tls или allow_plaintext: true',
  'mqtt.plain-websocket':
    'MQTT через ws:// на {host} передаёт пароли открыто: задайте mqtt.tls и wss:// или allow_plaintext: true',
  'certificates.name':
    '«{name}» — не имя узла и не адрес, доступный другим: напишите, например, gateway.example.org или 203.0.113.7, без порта',
  'mqtt.no-certificate': 'для wss:// нужен сертификат: задайте mqtt.tls или уберите tls_port',
  'http.plain':
    'страница без TLS доступна только на этой машине: задайте http.tls, назовите прокси перед ней в http.trusted_proxy или оставьте http.host 127.0.0.1',
  'uplink.twice': 'два uplink называются «{name}»: дайте одному другое имя',
  'tls.no-key': 'сертификату {file} нужен ключ: добавьте рядом key',
  'tls.no-certificate': 'ключу {file} нужен сертификат: добавьте рядом certificate',
  'port.twice': '{a} и {b} не могут оба занимать порт {port}',
  'data.no-folder': 'папка данных {folder} — не папка: уберите то, что там стоит',
  'data.unusable':
    'папку данных {folder} использовать нельзя: {reason}; отдайте её пользователю шлюза (chown) или задайте в data другую',
  'sink.no-secret': 'у uplink «{name}» нет ключа {key}: добавьте его под uplink в {file}',
  'sink.other-secret': 'у uplink «{name}» нет ключа {key}, а есть {other}: добавьте его под uplink в {file}',
  'sink.no-sasl': 'у uplink «{name}» есть {key} в {file}, но нет sasl: задайте sasl или уберите {key}',
  'commands.keys': 'доверенных ключей больше {count}',
  // addresses
  'address.none': '{setting} — не адрес',
  'address.http-tls': '{setting} начинается с http://, хотя задан tls: напишите https://',
  'address.events-plain': '{setting} с http:// передаёт токен и все события открыто: напишите https://',
  'address.pictures-plain': '{setting} с http:// передаёт токен и все снимки открыто: напишите https://',
  'address.example': '«{text}» — не адрес вида http://host:8123/database',
  'address.password-plain':
    '{setting} с http:// передаёт пароль узлу {host} открыто: напишите https:// или, если сети можно доверять, задайте рядом allow_plaintext: true',
  'proxy.neither': '«{text}» — не адрес и не сеть вида 10.0.0.0/8',
  'proxy.bits': '«{text}»: у сети {address} после / от 0 до {most} бит',
  'proxy.everybody': '«{text}» доверяет всем: назовите адрес самого прокси',
  'broker.no-port': 'у «{text}» нет порта: напишите [{text}]:9092',
  'broker.brackets': '«{text}»: адрес IPv6 стоит в скобках: [{host}]:{port}',
  'broker.port': '{text}: порт — число от 1 до {most}',
  'broker.none': '«{text}» — не адрес брокера вида host:port (адрес IPv6 — в скобках: [::1]:9092)',
  'sasl.plain': 'sasl plain без tls передаёт пароль узлу {host} открыто: задайте tls',
  'sasl.scram':
    'sasl {mechanism} без tls: кто слушает сеть до {host}, может подобрать пароль и читает все события; задайте tls или, если сети можно доверять, allow_plaintext: true под sasl',
  // cloud.yaml
  'cloud.http-plain':
    'http.host {host} без TLS: другие машины передавали бы пароли открыто; задайте http.tls (certificate, key), поставьте http.host 127.0.0.1 или назовите прокси в http.trusted_proxy; в сети, которой можно доверять, задайте allow_plaintext: true',
  'cloud.client-ca':
    'для receiver.tls.client_certificate_required нужен client_ca: назовите центр сертификации, который подписывает сертификаты шлюзов',
  'cloud.password-empty': '{file} пуст: его первая строка — пароль',
  'cloud.channel-twice': 'у двух каналов идентификатор «{id}»: дайте одному другой',
  'cloud.recipient-twice': 'канал «{id}» дважды называет «{to}»: уберите один раз',
  'cloud.log-level': '«{level}» — не уровень журнала',
} as const satisfies Readonly<Record<keyof typeof mistakeChecksEn, string>>;
