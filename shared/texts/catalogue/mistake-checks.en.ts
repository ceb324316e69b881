/** English texts of what the checks beyond the schemas find in configuration files. A group of the part `mistake`. */
export const mistakeChecksEn = {
  // the document of the site
  'site.newer':
    'this document has format {format}, and this Forpost ({version}) knows {known}: a newer version made it, and what is unknown here follows; install that version, or take out what is unknown and set format: {known}',
  'site.newer-known':
    'this document has format {format}, and this Forpost ({version}) knows {known}: a newer version made it, and nothing in it is unknown here; install that version, or take out what is unknown and set format: {known}',
  'site.no-map': 'the document is not a YAML map',
  'edit.nothing': '{path} names nothing',
  'edit.beyond': '{path} is beyond the end of the list',
  'edit.no-block': '{path} is neither a list nor a block of keys',
  'edit.absent': '{path} is not in the document',
  'zone.unknown': 'there is no time zone "{zone}"',
  'zone.example': 'there is no time zone "{zone}", as Europe/Berlin',
  'id.device': 'the id "{id}" is taken already by a device',
  'id.bridge': 'the id "{id}" is taken already by a bridge',
  'id.consumer': 'the id "{id}" is taken already by a consumer',
  'id.camera': 'the id "{id}" is taken already by a camera',
  'id.rule': 'the id "{id}" is taken already by a rule',
  'id.zone': 'the id "{id}" is taken already by a zone',
  'id.line': 'the id "{id}" is taken already by a line',
  'bridge.decoder-of-devices':
    'decoder {decoder} speaks for one device: move this entry to devices; a bridge has {names}',
  'bridge.source-taken':
    '"{source}" is already the device "{device}" of the bridge "{bridge}": a device stands once behind its bridge',
  'device.decoder-of-bridges': 'decoder {decoder} speaks for many devices: move this entry to bridges',
  'device.decoder': 'there is no decoder "{name}"',
  'device.topic': `"{topic}" cannot be a device's topic: others speak there`,
  'device.topic-taken': '"{topic}" is already the topic of the device "{device}"',
  'device.key-of-decoder': '{key} is for decoder: {decoder} alone',
  'device.keys': 'more than {count} keys of one device',
  'metric.wrong': '"{metric}" is not a metric: use a-z, 0-9 and _, such as power_w',
  'metric.unknown': 'there is no metric "{metric}"; did you mean "{name}"?',
  'camera.transport': 'camera "{camera}" has a transport, but only rtsp:// can choose between tcp and udp',
  'camera.guard': 'camera "{camera}" has a {key}, but only rtsps:// and https:// have certificates',
  'camera.two-guards':
    'camera "{camera}" has a ca and a fingerprint: with a fingerprint that one certificate counts; remove one of the two',
  'camera.threshold': 'camera "{camera}" has a threshold for "{name}", which is none of its classes',
  'camera.hidden-login': `the address of camera "{camera}" seems to have a password with "/", "#" or "?" in it, which ends the host’s part: user and password have no place in it, they belong to the secrets file, under cameras: {camera}, as user and password (an @ of the path is written %40)`,
  'camera.login': `the address of camera "{camera}" has a user or password in it: they belong to the secrets file, under cameras: {camera}, as user and password`,
  'camera.address': 'the address of camera "{camera}" cannot be read',
  'camera.no-device': 'the address of camera "{camera}" names no device of this machine: v4l2:///dev/video0',
  'consumer.nothing': 'consumer "{id}" may do nothing: give it subscribe, publish or role',
  'consumer.role': 'there is no role "{name}"',
  'consumer.base': 'base_topic is for a role that has one: {names}',
  'consumer.topic': `"{topic}" cannot be a consumer's topic: others speak there`,
  'consumer.filter': '"{filter}" is not an MQTT filter: "+" stands for a whole level, "#" for the rest at the end',
  'consumer.forbidden':
    'nobody may publish to "{filter}": it is what the gateway or a device says; of these topics a consumer may write to forpost/devices/<device>/commands',
  // rules
  rule: 'rule "{id}": {reason}',
  'rule.kind': 'there is no kind of rule "{name}"',
  'rule.device-and-devices': 'a rule has "device" or "devices", not both',
  'rule.no-device': '"device" is missing: the id of a device, or "*" for all',
  'rule.unknown-camera': 'there is no camera "{id}"',
  'rule.no-cameras': 'there is no camera "{id}"; this site has no cameras',
  'rule.when': 'the condition is wrong: {reason}',
  'rule.when-at': 'the condition is wrong: {reason}\n    {expression}\n    {mark}',
  'rule.message': 'message has an unknown {placeholder}',
  'rule.greatest': '{key} must be {least} ({other}) or more',
  'rule.class': 'camera "{camera}" does not watch for "{name}"',
  'rule.above-or-below': 'a threshold has either "above" or "below"',
  'rule.count-above-or-below': 'a count has either "above" or "below"',
  'rule.clear-above': 'clear must be {limit} or less, because the alarm is raised above this value',
  'rule.clear-below': 'clear must be {limit} or more, because the alarm is raised below this value',
  'condition.long': 'longer than {count} letters',
  'condition.number': 'is a number, not true or false',
  'condition.type': 'is of type {type}, not true or false',
  // actions
  action: 'action "{id}": {reason}',
  'id.action': 'the id "{id}" is taken already by an action',
  'action.kind': 'there is no kind of action "{name}"',
  'action.rule': 'there is no rule "{id}"',
  'action.url': '"{url}" is not an address that begins with http:// or https://',
  'action.url-login':
    'an address has no user or password in it: a token stands under actions: {id}: token in the secrets file',
  'secret.unused-action': 'actions.{id} is a secret, but the site has no such action',
  'secret.action-name': 'an action of the kind {kind} has no secret "{name}"',
  // secrets
  'secret.no-password-device':
    'the device "{id}" has no password: add it under mqtt in {file} ("forpost devices password {id}")',
  'secret.no-password-bridge':
    'the bridge "{id}" has no password: add it under mqtt in {file} ("forpost devices password {id}")',
  'secret.no-password-consumer':
    'the consumer "{id}" has no password: add it under mqtt in {file} ("forpost devices password {id}")',
  'secret.unused-login': 'mqtt.{id} is a password, but the site has no such device or consumer',
  'secret.unused-camera': 'cameras.{id} is a password, but the site has no such camera',
  'secret.no-hash': `{where} is not a password's hash: passwords themselves never stand here; make one with "forpost devices password {id}"`,
  'secret.nothing': 'mqtt.{id} has neither a password nor a certificate: "forpost devices rotate {id}" makes one',
  'secret.client-id': 'mqtt.{id}.client_id goes with a fixed user name: add user, or take client_id out',
  'secret.twice-certificate': 'mqtt.{id}: the certificate {name} is that of "{owner}" already: each has one of its own',
  'secret.twice-log-in': 'mqtt.{id}: the fixed log-in {name} is that of "{owner}" already: each has one of its own',
  'secret.twice-user': 'mqtt.{id}: the fixed user name {name} is that of "{owner}" already: each has one of its own',
  'secret.user-of-other':
    'mqtt.{id}.user: "{user}" is the id of another: add client_id, by which the two are told apart',
  'secret.no-argon2':
    'console.{id} is not an argon2id hash: passwords themselves never stand here; make one with "forpost devices password {id} --console"',
  'secret.viewer': 'viewers: nobody under console is called "{name}"',
  'secret.no-uplink': 'uplink.{name} is a {key}, but no uplink has this name',
  // gateway.yaml
  'mqtt.plain': 'MQTT without TLS on {host} sends passwords in the clear: use mqtt.tls, or say allow_plaintext: true',
  'mqtt.plain-websocket':
    'MQTT over ws:// on {host} sends passwords in the clear: use mqtt.tls and wss://, or say allow_plaintext: true',
  'certificates.name':
    '"{name}" is neither a host name nor an address that others can reach: write it as gateway.example.org or 203.0.113.7, without a port',
  'mqtt.no-certificate': 'wss:// needs a certificate: add mqtt.tls, or remove tls_port',
  'http.plain':
    'the page without TLS is for this machine alone: add http.tls, name the proxy in front as http.trusted_proxy, or leave http.host at 127.0.0.1',
  'uplink.twice': 'two uplinks are called "{name}": give one another name',
  'tls.no-key': 'the certificate {file} needs its key: add key beside it',
  'tls.no-certificate': 'the key {file} needs its certificate: add certificate beside it',
  'port.twice': '{a} and {b} cannot both have port {port}',
  'data.no-folder': 'the data folder {folder} is not a folder: move away what stands there',
  'data.unusable':
    'the data folder {folder} cannot be used: {reason}; give it to the gateway’s user (chown), or set "data" to another',
  'sink.no-secret': 'the uplink "{name}" has no {key}: add it under uplink in {file}',
  'sink.other-secret': 'the uplink "{name}" has no {key}, but a {other}: add it under uplink in {file}',
  'sink.no-sasl': 'the uplink "{name}" has a {key} in {file} but no sasl: add sasl, or remove the {key}',
  'commands.keys': 'more than {count} keys are trusted',
  // addresses
  'address.none': '{setting} is not an address',
  'address.http-tls': '{setting} begins with http:// although there is tls: write https://',
  'address.events-plain': '{setting} with http:// sends the token and all events in the clear: write https://',
  'address.pictures-plain': '{setting} with http:// sends the token and all pictures in the clear: write https://',
  'address.example': '"{text}" is not an address such as http://host:8123/database',
  'address.password-plain':
    '{setting} with http:// sends the password to {host} in the clear: write https://, or, where the network is trusted, say allow_plaintext: true beside it',
  'proxy.neither': '"{text}" is neither an address nor a network such as 10.0.0.0/8',
  'proxy.bits': '"{text}": a network of {address} has 0 to {most} bits after the /',
  'proxy.everybody': `"{text}" would believe everybody: name the proxy's own address`,
  'broker.no-port': '"{text}" has no port: write [{text}]:9092',
  'broker.brackets': '"{text}": an IPv6 address stands in brackets: [{host}]:{port}',
  'broker.port': '{text}: a port is from 1 to {most}',
  'broker.none': `"{text}" is no broker's address, which is host:port (an IPv6 address in brackets: [::1]:9092)`,
  'sasl.plain': 'sasl plain without tls sends the password to {host} in the clear: add tls',
  'sasl.scram':
    'sasl {mechanism} without tls: whoever listens on the way to {host} can guess the password and reads all events; add tls, or, where the network is trusted, say allow_plaintext: true under sasl',
  // cloud.yaml
  'cloud.http-plain':
    'http.host {host} without TLS would let other machines send passwords in the clear: add http.tls (certificate, key), or set http.host to 127.0.0.1, or name the proxy in front as http.trusted_proxy; on a trusted network set allow_plaintext: true',
  'cloud.client-ca':
    'receiver.tls.client_certificate_required needs client_ca: name the CA that signs the gateways’ certificates',
  'cloud.password-empty': '{file} is empty: its first line is the password',
  'cloud.channel-twice': 'two channels have the id "{id}": give one of them another id',
  'cloud.recipient-twice': 'the channel "{id}" names "{to}" twice: take one of the two out',
  'cloud.log-level': '"{level}" is not a log level',
} as const;
