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
} as const;
