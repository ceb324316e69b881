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
} as const;
