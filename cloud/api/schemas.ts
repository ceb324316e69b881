/**
 * What the API takes and answers: each schema is the type, the check of what comes in and the OpenAPI document.
 * The page imports the types from here. Times are RFC 3339 in UTC unless a name says otherwise.
 */
import { idPatternText } from '@forpost/shared/event/ids.ts';
import Type, { type TProperties, type TSchema } from 'typebox';
import type { CommandView } from '../commands/schemas.ts';

export const maxEvents = 1000;
export const maxAlarms = 1000;
export const maxPoints = 5000;
export const longestChannel = 64;
export const metricPatternText = '^[a-z0-9_]{1,100}$';

const closed = { additionalProperties: false } as const;
const id = (description: string) => Type.String({ pattern: idPatternText, description });
const time = (description: string) => Type.String({ format: 'date-time', description });
const optional = Type.Optional;
/** what the store hands out is not ours to change: readonly, and a new object is never needed */
const list = <Item extends TSchema>(item: Item) => Type.Immutable(Type.Array(item));
const answer = <Properties extends TProperties>(properties: Properties) => Type.Object(properties);

const lane = Type.Union([Type.Literal('alerts'), Type.Literal('telemetry')]);
const value = Type.Union([Type.Number(), Type.String(), Type.Boolean()]);

export const eventParams = Type.Object(
  {
    gateway: id('of the gateway'),
    epoch: id('of its outbox’s life'),
    lane,
    sequence: Type.String({ pattern: '^[1-9][0-9]{0,15}$', description: 'decimal' }),
  },
  closed,
);

export const idParams = Type.Object({ id: id('of the gateway') }, closed);

export const eventsQuery = Type.Object(
  {
    site: optional(id('only of this site')),
    gateway: optional(id('only of this gateway')),
    device: optional(id('only of this device')),
    type: optional(Type.String({ minLength: 1, maxLength: 200, description: 'such as forpost.reading.v1' })),
    lane: optional(lane),
    from: optional(time('event time, corrected where it is, inclusive')),
    to: optional(time('event time, corrected where it is, exclusive')),
    limit: optional(Type.Integer({ minimum: 1, maximum: maxEvents, description: 'default 100' })),
    cursor: optional(Type.String({ minLength: 1, maxLength: 1000, description: 'of the page before' })),
  },
  closed,
);

export const eventSchema = answer({
  specversion: Type.Literal('1.0'),
  id: Type.String({ description: '<gateway>/<epoch>/<lane>/<sequence>' }),
  source: Type.String(),
  type: Type.String(),
  subject: optional(Type.String({ description: 'the device' })),
  time: time('when it happened, as it came'),
  datacontenttype: Type.Literal('application/json'),
  site: Type.String(),
  gateway: Type.String(),
  epoch: Type.String(),
  lane,
  sequence: Type.String({ description: 'decimal' }),
  received: time('when the gateway took it, as it came'),
  stored: time('when the centre stored it'),
  corrected_time: optional(
    time(
      'where the gateway stamped `time` with a clock out of sync, and a later sync told by how much: when it happened',
    ),
  ),
  doubted: optional(
    Type.Union([Type.Literal('future'), Type.Literal('past')], {
      description:
        'its own `time` cannot be (a day after it was stored, or before 2000): it stands where it was stored',
    }),
  ),
  corrected_received: optional(time('the same for `received`')),
  clock: Type.Union([Type.Literal('synced'), Type.Literal('unsynced')]),
  boot: Type.String(),
  uptime: Type.String({ description: 'ms of the boot’s monotonic clock, decimal' }),
  data: Type.Unknown(),
  shortened: optional(
    Type.Integer({
      description:
        'bytes of the whole data: `data`, and attributes that Forpost does not know, are shortened here; all of it stands at /api/v1/events/<id>',
    }),
  ),
});
export type EventView = Type.Static<typeof eventSchema>;

export const eventsAnswer = answer({
  events: list(eventSchema),
  cursor: optional(Type.String({ description: 'absent on the last page' })),
});
export type EventsAnswer = Type.Static<typeof eventsAnswer>;

export const sitesAnswer = answer({
  sites: list(answer({ site: Type.String(), gateways: list(Type.String()), online: Type.Integer() })),
});

export const backlogSchema = answer({
  epoch: Type.String(),
  lane,
  assigned: Type.Integer({ description: 'last number given' }),
  acknowledged: Type.Integer({ description: 'last number the centre called safe' }),
  bytes: Type.Integer({ description: 'that still wait' }),
});

export const gatewaySchema = answer({
  gateway: Type.String(),
  site: Type.String({ description: 'empty where nothing but its numbers is known' }),
  online: Type.Boolean(),
  in_service: Type.Boolean({
    description: 'false: staff took it out of service, and the centre raises nothing about it',
  }),
  last_contact: Type.Union([time('by the centre’s clock'), Type.Null()]),
  name: Type.String(),
  place: optional(Type.String({ description: 'where the site is, in its own words' })),
  version: Type.String(),
  at: Type.Union([time('of the gateway’s own clock'), Type.Null()]),
  clock: Type.Union([Type.Literal('synced'), Type.Literal('unsynced'), Type.Null()]),
  revision: Type.String({ description: 'of the site’s configuration' }),
  backlog: answer({
    events: Type.Integer({ description: 'committed on the site and not yet safe in the centre' }),
    bytes: Type.Integer(),
  }),
  lanes: list(backlogSchema),
  uplinks: list(
    answer({
      sink: Type.String(),
      state: Type.String({ description: 'offline, probing, draining, live or off' }),
      since: Type.String(),
      reason: Type.String(),
      events: Type.Integer(),
      bytes: Type.Integer(),
      eventsPerSecond: Type.Number(),
      kind: optional(Type.String({ description: 'kafka, or http: the receiver' })),
      silentSince: optional(Type.String({ description: 'nothing that is sent has been answered since then' })),
      plan: optional(
        answer({
          eventsPerSecond: Type.Number({ description: 'went out and were called safe' }),
          bytesPerSecond: Type.Number(),
          arrivingPerSecond: Type.Number({ description: 'events that came in meanwhile' }),
          secondsLeft: Type.Union([Type.Number(), Type.Null()], { description: 'null: unknown, or never' }),
          endsAt: Type.Union([Type.String(), Type.Null()], { description: 'by the gateway’s clock' }),
          outlook: Type.String({ description: 'empty, ending, growing, stopped or unknown' }),
        }),
      ),
      budget: optional(
        answer({
          used: Type.Number({ description: 'bytes on the wire of this local day' }),
          limit: Type.Number(),
        }),
      ),
    }),
  ),
  cameras: list(
    answer({
      id: Type.String(),
      name: Type.String(),
      state: Type.String({ description: 'connecting, live, stalled, refused, unreachable or off' }),
      reason: Type.String(),
      framesPerSecond: Type.Number(),
      detector: Type.String(),
      place: optional(Type.String({ description: 'where it is, in the site’s words' })),
    }),
  ),
  devices: list(
    answer({
      id: Type.String(),
      name: Type.String(),
      connected: Type.Boolean(),
      lastSeen: Type.Union([Type.String(), Type.Null()]),
      messages: Type.Integer(),
      deadLetters: Type.Integer(),
      place: optional(Type.String({ description: 'where it is, in the site’s words' })),
      values: Type.Unsafe<Readonly<Record<string, number | string | boolean>>>(Type.Record(Type.String(), value)),
    }),
  ),
  problems: list(Type.String()),
  evidence_refused: optional(
    Type.String({ description: 'why no picture or clip of its alarms can be fetched; absent: it can be asked' }),
  ),
});
export type GatewayView = Type.Static<typeof gatewaySchema>;

export const serviceBody = Type.Object({ in_service: Type.Boolean() }, closed);
export const serviceAnswer = answer({ gateway: Type.String(), in_service: Type.Boolean() });

export const gatewaysAnswer = answer({ now: time('the centre’s clock'), gateways: list(gatewaySchema) });
export type GatewaysAnswer = Type.Static<typeof gatewaysAnswer>;

/** Events of one lane in numbers: assigned = received + shed + missing + waiting. */
const counts = {
  assigned: Type.Integer({ description: 'numbers given by the gateway' }),
  received: Type.Integer({ description: 'in the history' }),
  shed: Type.Integer({ description: 'named in a gap record, and not received' }),
  missing: Type.Integer({ description: 'below what was called safe, and neither received nor shed' }),
  waiting: Type.Integer({ description: 'above it, or perhaps unread in Kafka: on the site, or on the way' }),
} as const;

export const ledgerQuery = Type.Object(
  {
    epoch: optional(id('only of this life of the outbox')),
    lane: optional(lane),
    after: optional(
      Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER, description: 'of an answer before: its `next`' }),
    ),
    limit: optional(
      Type.Integer({ minimum: 1, maximum: 1000, description: 'ranges of each kind of one lane; default 20' }),
    ),
    skip: optional(Type.Integer({ minimum: 0, maximum: 1_000_000, description: 'lanes of answers before' })),
  },
  closed,
);

const ledgerRanges = answer({
  ranges: list(Type.Unsafe<readonly [number, number]>(Type.Tuple([Type.Integer(), Type.Integer()]))),
  left_out: Type.Integer({ description: 'ranges that are not in this answer' }),
  next: optional(Type.Integer({ description: 'ask with `after` set to this; absent where nothing is left out' })),
});

const ledgerLane = answer({
  epoch: Type.String(),
  lane,
  ...counts,
  duplicates: Type.Integer(),
  settled: Type.Integer({ description: 'last number of which it is known whether it arrived' }),
  reasons: list(answer({ reason: Type.String(), count: Type.Integer({ description: 'events shed for it' }) })),
  ranges: answer({ received: ledgerRanges, shed: ledgerRanges, missing: ledgerRanges, waiting: ledgerRanges }),
  gaps: list(
    answer({
      from: Type.Integer(),
      to: Type.Union([Type.Integer(), Type.Null()], {
        description: 'null: the end is not known; 0: the events never had a number',
      }),
      count: Type.Integer({ description: 'as the gateway counted' }),
      reason: Type.String(),
      first_time: optional(Type.String()),
      last_time: optional(Type.String()),
    }),
  ),
  gaps_left_out: Type.Integer(),
});
export type LedgerLaneView = Type.Static<typeof ledgerLane>;

export const ledgerSchema = answer({
  gateway: Type.String(),
  counted: optional(time('when the centre counted')),
  ...counts,
  duplicates: Type.Integer({ description: 'rows that the history holds twice and shows once' }),
  lanes: list(ledgerLane),
  lanes_left_out: Type.Integer({ description: 'lanes behind these: ask with `skip`' }),
});
export type LedgerView = Type.Static<typeof ledgerSchema>;

export const alarmsQuery = Type.Object(
  {
    since: optional(time('alarms that ended before are left out; default: a day ago')),
    limit: optional(
      Type.Integer({
        minimum: 1,
        maximum: maxAlarms,
        description:
          'default 200. Left out first: alarms that ended and are acknowledged; then open alarms beyond each gateway’s ' +
          'equal share, in this order: acknowledged, least severe, oldest',
      }),
    ),
    site: optional(id('only of this site')),
    gateway: optional(id('only of this gateway')),
    skip: optional(
      Type.Integer({
        minimum: 0,
        maximum: 10_000,
        description: 'how many alarms the answers before had: this one begins after them',
      }),
    ),
  },
  closed,
);

export const alarmSchema = answer({
  alarm: Type.String({ description: 'id of this occurrence' }),
  /** of the newest event about it */
  event: Type.String(),
  site: Type.String(),
  gateway: Type.String(),
  device: Type.String(),
  rule: Type.String(),
  severity: Type.String({ description: 'info, warning or critical' }),
  category: Type.String(),
  message: Type.String(),
  cause: Type.String(),
  value: optional(value),
  count: Type.Integer({ description: 'how often it was set off since it was raised' }),
  peak: optional(
    Type.Union([Type.Number(), Type.String(), Type.Boolean()], { description: 'the worst value since it was raised' }),
  ),
  summary: optional(Type.String({ description: 'what it is about, also when it is over: how far it went' })),
  device_name: optional(Type.String()),
  place: optional(Type.String({ description: 'where the device is, in the site’s words' })),
  active: Type.Boolean(),
  open: Type.Boolean({ description: 'active, or over and not acknowledged by a person' }),
  acknowledged: Type.Boolean(),
  acknowledged_by: optional(Type.String({ description: 'a log-in name' })),
  acknowledged_at: optional(time('by the clock of where it was acknowledged')),
  acknowledged_where: optional(
    Type.Union([Type.Literal('site'), Type.Literal('centre'), Type.Literal('centre only')], {
      description: 'site: on the gateway’s page; centre only: the gateway does not know yet',
    }),
  ),
  test: Type.Boolean({ description: 'an installer’s trial' }),
  change: Type.String({ description: 'the newest one: raised, updated, cleared or acknowledged' }),
  raised: time('when it was raised'),
  changed: time('when the newest change happened'),
  ended: optional(time('absent: it is active')),
  raised_by: optional(Type.Literal('centre', { description: 'the centre found it; absent: its gateway raised it' })),
  evidence: list(
    answer({
      id: Type.String({ description: 'as its gateway calls it' }),
      sha256: Type.String(),
      size: Type.Integer({ description: 'bytes' }),
      kind: Type.String({ description: 'picture, best or clip' }),
      media: Type.String({ description: 'image/jpeg or video/mp4' }),
    }),
  ),
  evidence_problem: optional(Type.String({ description: 'why it has no clip, in words' })),
});
export type AlarmView = Type.Static<typeof alarmSchema>;

export const alarmsAnswer = answer({
  alarms: list(alarmSchema),
  open: Type.Integer({ description: 'active, or over and not acknowledged: in all, those beyond the limit included' }),
  not_listed: list(
    answer({
      gateway: Type.String(),
      site: Type.String(),
      open: Type.Integer({
        description: 'open alarms of this gateway that are not in this answer; ask with `gateway`',
      }),
    }),
  ),
});
export type AlarmsAnswer = Type.Static<typeof alarmsAnswer>;

export const seriesQuery = Type.Object(
  {
    device: id('whose readings'),
    gateway: optional(id('where several gateways know a device of that id')),
    channel: optional(Type.String({ minLength: 1, maxLength: longestChannel, description: 'of the device' })),
    metric: Type.String({ pattern: metricPatternText, description: 'such as power_w' }),
    from: optional(time('default: a day before `to`')),
    to: optional(time('default: now')),
    step: optional(Type.Integer({ minimum: 1, maximum: 31_622_400, description: 's; default: one that fits' })),
    agg: optional(
      Type.Union(
        [
          Type.Literal('avg'),
          Type.Literal('min'),
          Type.Literal('max'),
          Type.Literal('sum'),
          Type.Literal('last'),
          Type.Literal('count'),
        ],
        { description: 'default avg' },
      ),
    ),
    tz: optional(Type.String({ maxLength: 64, description: 'IANA zone that days begin in; default UTC' })),
  },
  closed,
);

export const seriesAnswer = answer({
  device: Type.String(),
  metric: Type.String(),
  unit: Type.String({ description: 'from the metric’s name; empty where it has none' }),
  from: time('inclusive'),
  to: time('exclusive'),
  step: Type.Integer({ description: 's' }),
  agg: Type.String(),
  tz: Type.String(),
  points: list(
    answer({ time: Type.Number({ description: 'start of the step, ms since 1970' }), value: Type.Number() }),
  ),
});
export type SeriesAnswer = Type.Static<typeof seriesAnswer>;

export const metricsAnswer = answer({
  metrics: list(
    answer({
      site: Type.String(),
      gateway: Type.String(),
      device: Type.String(),
      channel: Type.String({ description: 'empty where the device has none' }),
      metric: Type.String(),
    }),
  ),
});
export type MetricsAnswer = Type.Static<typeof metricsAnswer>;

export const centreAnswer = answer({
  started: time('of this centre'),
  current: Type.Boolean({ description: 'whether what the centre shows is the present' }),
  as_of: Type.Union([time('the time that the answer shows; now while it is current'), Type.Null()], {
    description: 'null: nothing is known since the start',
  }),
  why_old: Type.String({ description: 'why it is not the present, in words; empty where it is' }),
  problems: list(Type.String({ description: 'a sentence for staff: what is wrong now, or was lost since the start' })),
  notes: list(Type.String({ description: 'what staff should know and need not mend: that the centre is catching up' })),
  ingest: answer({
    connected: Type.Boolean({ description: 'whether what the gateways send is being read; true without Kafka' }),
    reasons: list(Type.String({ description: 'why not' })),
    stored: Type.Integer({ description: 'events, since the start' }),
    repeated: Type.Integer({ description: 'came again and were not stored again, since the start' }),
    unread: Type.Integer({ description: 'records in Kafka that are not in the history yet' }),
  }),
  dead_letters: answer({
    count: Type.Integer({ description: 'since the start' }),
    /** also from before the start, for a week */
    recent: list(
      answer({
        at: time('when the centre met it'),
        topic: Type.String({ description: 'it stood in; "receiver" where it came without Kafka' }),
        partition: Type.Integer(),
        offset: Type.String(),
        gateway: Type.String({ description: 'by the record’s key' }),
        reason: Type.String(),
      }),
    ),
  }),
  notifier: answer({
    connected: Type.Boolean({ description: 'whether alerts are being read' }),
    reason: Type.String(),
    channels: list(
      answer({
        channel: Type.String(),
        sent: Type.Integer(),
        failed: Type.Integer({ description: 'given up' }),
        retries: Type.Integer(),
        queue: Type.Integer(),
        lastError: Type.String({ description: 'empty where the last try went well' }),
        unreachable: Type.Optional(
          Type.String({ description: 'why it cannot be reached, from the check at the start; absent where it can' }),
        ),
      }),
    ),
  }),
});
export type CentreView = Type.Static<typeof centreAnswer>;

export const healthAnswer = answer({ status: Type.String(), reasons: list(Type.String()) });

/** What the stream says, by the name of the event. */
export interface StreamMessages {
  /** first of all: the stream is there, and what it says from now on is complete */
  readonly hello: { readonly now: string };
  /** every few seconds, so that a page can tell silence from a connection that is dead */
  readonly tick: { readonly now: string };
  /** stored since the last one, oldest first; `skipped` more were stored and are not in here: ask for them */
  readonly events: {
    readonly events: readonly EventView[];
    readonly skipped: number;
    /** of which gateways, the twenty with the most */
    readonly skipped_of?: Readonly<Record<string, number>>;
  };
  /** an alarm's newest state */
  readonly alert: AlarmView;
  /** a person acknowledged an alarm at the centre */
  readonly acknowledged: { readonly gateway: string; readonly alarm: string; readonly by: string; readonly at: string };
  /** a command that was sent, or what became of it */
  readonly command: CommandView;
  readonly gateway: { readonly now: string; readonly gateway: GatewayView };
  readonly ledger: LedgerView;
  /** other centres may have stored what is not told here: ask for alarms and events */
  readonly elsewhere: Readonly<Record<string, never>>;
  /** at first, and when something about it is wrong or right again */
  readonly centre: CentreView;
}
