/** English texts of what the centre says of its gateways and of itself: its alarms, its problems. See ../texts.ts for the rules of a key. */
export const centreEn = {
  // the alarms that the centre raises about gateways
  'alarm.silent': 'The gateway {name} is silent: what happens on its site is not known here',
  'alarm.silent-over': 'The gateway reports again',
  'alarm.silent-together':
    '{count, plural, one {# gateway is} other {# gateways are}} silent together ({names}): look for what they share, a line or a Kafka',
  'alarm.silent-together-over': 'All gateways that were silent together report again',
  'alarm.names-more': '{names} and {count, number} more',
  'alarm.lost': 'The gateway has lost events that nobody can bring back',
  'alarm.lost-why': 'The gateway has lost events that nobody can bring back: {reason}',
  'alarm.storage': 'The gateway’s storage: {problem}',
  'alarm.storage-over': 'The gateway’s storage is as it should be again',
  'alarm.clock': 'The gateway’s clock has been out of sync for long: the times of its events may be wrong',
  'alarm.clock-over': 'The gateway’s clock is in sync again',
  'alarm.link': 'A link of the gateway does not work: {links}',
  'alarm.link-why': '{sink} ({reason})',
  'alarm.link-over': 'The gateway’s links work again',
  'alarm.missing': 'Acknowledged events are missing at the centre ({lanes}): the gateway’s card names them',
  'alarm.missing-over': 'Nothing of the gateway is missing any more',
  'alarm.out-of-service': 'The gateway was taken out of service',
  'alarm.not-seen-again': 'it has not been seen again',
  'alarm.flood': 'gateway {gateway} floods: {why}. Other gateways keep their share; its own alarms are told together',
  'alarm.flood-alerts': 'it sends more than {limit} alarms a second',
  'alarm.flood-events': 'it sends more than {limit} events a second',
  'alarm.flood-bytes': 'it sends more than {limit} bytes a second',
  'alarm.flood-refused': 'it keeps sending although its limits refuse it',
  'alarm.flood-over': 'gateway {gateway} sends no more than its limit again',
  'alarm.claims-site':
    'gateway {gateway} says that it is at the site "{site}"; it belongs to "{own}", so the centre refuses that. If it was moved or its site was renamed, use «Move to another site»; if not, somebody else may have its token or certificate',
  'alarm.superseded':
    'the old box of gateway {gateway} still sends: a box that was restored from its backup has taken its place on {at}. The centre refuses the old box; over Kafka its events are among the dead letters. Switch it off',
  // what is wrong with the centre itself
  'problem.plain': '{words}',
  'problem.kafka': 'Kafka: {reason}',
  'problem.kafka-connecting': 'Kafka: connecting',
  'problem.nothing-stored': 'nothing has been stored since {time}: {reason}. No event is lost: new events wait',
  'problem.dead-letters':
    'since {time} events wait behind a record that nobody can read, because it cannot be written to the dead letters: {reason}. No event is lost: new events wait',
  'problem.twin-kept':
    'two gateways may run as "{gateway}", or one on a copied disk: on {time} {reason}. The first content stands, the other is in the dead letters',
  'problem.twin-dropped':
    'two gateways may run as "{gateway}", or one on a copied disk: on {time} {reason}. The first content stands, the other was not kept',
  'problem.records':
    '{count, plural, one {# record} other {# records}} could not be processed since the centre started; the latest: {reason}',
  'problem.record-before': 'before this start, on {time}, a record could not be processed: {reason}',
  'problem.channel-unreachable': '{reason}: no notification arrives through it now',
  'problem.channel-waits': '{reason}; {count, number} waiting for it',
  'problem.channel-gave-up':
    '{count, plural, one {# notification was} other {# notifications were}} given up by channel {channel}',
  'note.catching-up': 'catching up: {count, plural, one {# record} other {# records}} in Kafka are not stored yet',
  'old.kafka': 'Kafka does not answer the centre',
  'old.history': 'the history of the centre stores nothing now',
  // why the centre does not ask a gateway
  'refusal.no-commands': 'it takes no commands: add the centre’s key to its gateway.yaml under commands: trusted_keys',
  'refusal.no-receiver': 'it has nowhere to send them: add a receiver to its gateway.yaml under evidence',
  // why a request, or a change that staff asked for, is refused
  'reason.no-gateway': 'no gateway "{gateway}" is known',
  'reason.no-event': 'no event {event} is stored',
  'reason.page-not-built': 'the page is not built: run "npm run web", then start the centre again',
  'reason.evidence-not-here': 'it is not here (yet)',
  'reason.look-not-noted':
    'each look at a picture is written down before the picture is shown, and that cannot be done now ({reason}): try again',
  'reason.many-pictures':
    '{count, plural, one {# picture} other {# pictures}} of "{gateway}" are still on their way: wait',
  'reason.key-not-trusted':
    'the gateway "{gateway}" does not take this centre’s commands: add {key} to its gateway.yaml under commands: trusted_keys',
  'reason.command-not-sent': '{reason}. The command was probably not sent: send it again',
  'reason.command-validity': 'a command is valid for up to {hours, number} h',
  'reason.command-arguments': 'its arguments are longer than {bytes, number} bytes',
  'reason.commands-full':
    'the gateway "{gateway}" was sent {count, number} commands within a day: wait, or find out who sends them',
  'reason.commands-kept': '{count, number} commands of the last two days are kept already',
  'reason.not-changed': '{reason}. Nothing was changed: try again',
  'reason.send-again': '{reason}: send it again',
  'reason.not-acknowledged': 'The alarm is not acknowledged: {reason}. Acknowledge it again',
  'reason.not-noted': 'the history did not note that the alarm is acknowledged: {reason}',
  'reason.no-id': '"{text}" is no id (a-z, 0-9, -)',
  'reason.others-write-site': 'others write the site of the gateway "{gateway}" too: try again',
  'reason.others-change-gateway': 'others change the gateway "{gateway}" too: try again',
  'reason.no-record-back': '{topic} did not give a record back in time',
  'reason.from-after-to': '"from" must be before "to"',
  'reason.from-to': 'from and to are ms since 1970',
  'reason.too-far-apart': 'from and to are too far apart: ask for a shorter time',
  'reason.too-many-points':
    'these are {points} points and {most} are the most: ask for a step of {seconds} s or more, or a shorter time',
  'reason.too-many-series-points': 'that would be more than {most} points: take a longer step or a shorter time',
  'reason.no-time-zone': '"{name}" is not a time zone such as Europe/Berlin',
  'reason.no-cursor': 'cursor is not the cursor of an earlier page',
  'reason.limit': 'limit {limit} is not a whole number above 0',
  'reason.step': 'step {step} is not a whole number of seconds from 1 to 366 days',
  'reason.step-divides': 'step {step} s: below a day it must divide a day',
  'reason.scattered': 'the numbers of {where} form more than {most} ranges: a sender numbers its events with holes',
  // why a request, or a change that staff asked for, is refused
  'reason.superseded':
    'a box that was restored from a backup of the gateway "{gateway}" has taken its place on {at}, and this one is refused: switch it off, or make a backup of it and restore that one',
  'reason.own-alarm': 'the centre raised this alarm and has noted it',
  // why Kafka does not answer, and what is wrong with its topics
  'reason.kafka': 'Kafka: {reason}',
  'reason.silent': 'it does not answer',
  'reason.clock-set-back': 'the clock of this machine was set back by {seconds, number} s',
  'reason.no-sign': 'no sign of life for {seconds, number} s',
  'reason.made-anew': '{topic} was deleted and has been made anew',
  'reason.few-brokers':
    'Kafka has fewer than {replicas, number} brokers, so the topics cannot be created: for a single broker set kafka: development: true',
  'reason.producer-stopped': 'the producer is stopped',
  'reason.records-wait': '{count} records wait for Kafka already',
  'reason.no-answer-within': 'it gave no answer within {seconds} s',
  'reason.no-answer-for': 'no answer for {partition}',
  'reason.connected-late': 'the connection came too late',
  'reason.topic-client-clock':
    '{topic} stamps records with the client’s clock, so a gateway with a wrong clock loses events: set message.timestamp.type=LogAppendTime',
  'reason.topic-compacted':
    '{topic} is compacted, so of each gateway only the newest record is kept: set cleanup.policy=delete',
  'reason.topic-not-compacted':
    '{topic} is not compacted, so what it says is forgotten in time: set cleanup.policy=compact',
  'reason.topic-retention':
    '{topic} deletes records after {minutes} min, read or not: set retention.ms to a day or more',
  'reason.topic-codec': '{topic} packs records with {codec}, which is not read here: set compression.type=zstd',
  'reason.topic-replicas':
    '{topic} has {count, plural, one {# replica} other {# replicas}} where {planned} are planned: a broker that is lost can take events with it',
  'reason.topic-one-broker': '{topic} calls safe what one broker alone has: set min.insync.replicas={planned}',
  'reason.topic-partitions':
    '{topic} has {now} partitions and had {before}: order is at risk, a gateway’s events may come out of it until what stood in the old ones has been read; nothing is lost. When it has been looked at, remove {file} and start the centre again',
  // why a record is none, or is not stored
  'reason.no-status': 'it is no status',
  'reason.speaks-for': 'it speaks for "{gateway}"',
  'reason.status-wrong': 'the status {said}',
  'reason.status-field': '{path} of the status {said}',
  'reason.empty-record': 'the record is empty',
  'reason.other-key': 'the key "{key}" is not the gateway "{gateway}"',
  'reason.long-attribute': '{name} is longer than {count} characters: {text}…',
  'reason.many-parts': 'it has more than {count} parts',
  'reason.other-source': 'source {source} is not that of its site, gateway and subject: "{own}"',
  'reason.other-content': '{event}: an event with this id and other content is stored already',
  'reason.event-refused': 'event {event}: {reason}',
  'reason.no-row': 'event {event} cannot be written as a row: {error}',
  // what is wrong with the history
  'reason.stored-nothing-for': 'the history has stored nothing for {seconds} s',
  'reason.stopping': 'the centre is stopping',
  'reason.history-silent': 'the history at {where} does not answer: {error}',
  'reason.history-no-json': 'the history at {where} sent an answer that is not JSON lines: {said}',
  'reason.history-refused-by': 'the history at {where} refused (HTTP {status}): {reason}',
  'reason.history-statement': 'the history refused a statement: {reason}',
  'reason.history-query': 'the history could not answer: {reason}',
  'reason.history-insert': 'the history refused an insert: {reason}',
  'reason.history-disk-full': 'its disk is full: {said}',
  'reason.history-busy': 'the history is busy: {count} statements wait already',
  'reason.history-closed': 'the history is not open',
  'reason.history-held':
    'the history’s folder {folder} cannot be opened: {holder} has it open (each centre needs its own folder: stop the other centre, or give this one another "data")',
  'reason.history-damaged': 'the history in {folder} is damaged and cannot be opened: {said}',
  'reason.history-unopened': 'the history in {folder} cannot be opened: {said}',
  'problem.history-parts':
    'the history leaves out damaged files, and their events are missing (parts: {parts}): stop the centre and run "forpost cloud rebuild", which reads the events that Kafka still holds again',
  'reason.parts-of': '{count} of {table}',
  'problem.history-refilled':
    '{reason}. On {time} it was put aside to {folder}, and an empty one begun. It is filled again with what Kafka still holds; what was only in the old one is missing. This message stays until that folder is moved away or deleted',
  'problem.history-not-refilled':
    '{reason}. On {time} it was put aside to {folder}, and an empty one begun. It was not filled again ({trouble}): stop the centre and run "forpost cloud rebuild". This message stays until that folder is moved away or deleted',
  'problem.history-missing':
    '{reason}. On {time} it was put aside to {folder}, and an empty one begun. What was stored before is missing here; gateways can send what they still keep again (forpost replay). This message stays until that folder is moved away or deleted',
  'reason.other-centre-reads': 'another centre reads the same topics',
  'reason.kafka-code': 'Kafka refuses it with error code {code}',
  // what is wrong with the users’ file and cloud.yaml
  'problem.users-known': '{reason}: those who were known still log in',
  'problem.users-none': '{reason}: nobody can log in',
  'reason.file-gone': '{file} is gone',
  'reason.users-damaged':
    '{file} is damaged ({reason}). Repair it, or move it away to get a new user {user} at the next start',
  'reason.empty': 'it is empty',
  'reason.users-shape': 'it is not {shape}',
  'reason.no-hash': 'the password of "{user}" is no argon2id hash',
  // why a channel does not deliver a notification
  'reason.webhook-unreached': 'webhook {name} ({address}) cannot be reached: {reason}',
  'reason.webhook-status': 'webhook {name} ({address}) says HTTP {status}',
  'reason.webhook-redirects': 'webhook {name} ({address}) wants to redirect (HTTP {status}), which is refused',
  'reason.webhook-pause': '{reason} and asks for a pause of {seconds} s',
  'reason.dns-silent': 'the DNS does not answer',
  'reason.certificate-expired': 'its certificate has expired by this machine’s clock',
  'reason.certificate-early': 'its certificate is not valid yet by this machine’s clock',
  'reason.certificate-self-signed': 'its certificate is signed by no CA that this machine knows',
  'reason.certificate-ca': 'its certificate is signed by a CA that this machine does not know',
  'reason.certificate-name': 'its certificate is for another name: write that name in the url',
  'reason.no-tls': 'it does not speak TLS: write http:// in the url, or its TLS port',
  'reason.batch-codec':
    'a batch of {count} records, packed with {codec}, cannot be unpacked: this codec is not known here: set compression.type=zstd on the topic',
  'reason.batch-broken': 'a batch of {count} records, packed with {codec}, cannot be unpacked: {said}',
  'reason.kafka-answers': 'Kafka answers {code}: {said}',
  'reason.client-says': 'kafkajs says: {said}',
  'problem.reload':
    'the reload found {count, plural, one {a mistake} other {# mistakes}} in {place}, and the configuration from before stays in use: run "forpost check {file}"',
} as const;
