/**
 * The wire contract: what one event looks like between the site and the centre, CloudEvents 1.0 in structured
 * JSON, one event a Kafka record. Both sides import this file; neither changes it alone.
 *
 * Always: unknown types and unknown fields are kept, never dropped, so that an old centre takes a new gateway's
 * events and the reverse. `sequence` and `uptime` are decimal strings, because a CloudEvents integer is 32-bit.
 */
import type { Message } from '../texts/message.ts';
import type { DeviceId, Epoch, GatewayId, Lane, SiteId } from './ids.ts';

/** The types this version knows; others pass through as they are. */
export const eventTypes = {
  reading: 'forpost.reading.v1',
  registerBreak: 'forpost.register.break.v1',
  state: 'forpost.state.v1',
  alert: 'forpost.alert.v1',
  visionObservation: 'forpost.vision.observation.v1',
  visionCount: 'forpost.vision.count.v1',
  gap: 'forpost.gap.v1',
  clock: 'forpost.clock.v1',
  gateway: 'forpost.gateway.v1',
  device: 'forpost.device.v1',
  commandResult: 'forpost.command.result.v1',
} as const;

export interface ForpostEvent<Data = unknown> {
  readonly specversion: '1.0';
  /** `<gateway>/<epoch>/<lane>/<seq>` */
  readonly id: string;
  /** `/sites/<site>/gateways/<gateway>` and, for an event about a device, `/devices/<device>` behind it */
  readonly source: string;
  readonly type: string;
  /** the device, where there is one */
  readonly subject?: DeviceId;
  /** when it happened, RFC 3339 with ms */
  readonly time: string;
  readonly datacontenttype: 'application/json';
  readonly site: SiteId;
  readonly gateway: GatewayId;
  readonly epoch: Epoch;
  readonly lane: Lane;
  /** decimal */
  readonly sequence: string;
  /** when the gateway took it, RFC 3339 with ms */
  readonly received: string;
  readonly clock: ClockQuality;
  /** id of the machine's boot whose monotonic clock `uptime` reads */
  readonly boot: string;
  /** ms of that clock, decimal */
  readonly uptime: string;
  readonly data: Data;
}

/** Whether the system clock was known to be in sync when the event was taken. */
export type ClockQuality = 'synced' | 'unsynced';

export type Value = number | string | boolean;
export type Quality = 'estimated' | 'stale' | 'implausible' | 'bad';

export interface ReadingData {
  /** by metric name, `<quantity>_<unit>[_export][_l1|_l2|_l3][_t1…]`: power_w (import positive), energy_wh, … */
  readonly values: Readonly<Record<string, Value>>;
  readonly channel?: string;
  /** absent = good */
  readonly quality?: Quality;
  /** the device's own id of this reading, which makes its resends harmless */
  readonly id?: string;
  /** of a bridge: the device behind it that measured, as the bridge calls it; `channel` is made of it */
  readonly device?: string;
}

export type Severity = 'info' | 'warning' | 'critical';
export type AlarmChange = 'raised' | 'updated' | 'cleared' | 'acknowledged';

export interface AlertData {
  /** id of this occurrence: raised, updates and cleared of one alarm share it */
  readonly alarm: string;
  readonly rule: string;
  readonly device: string;
  readonly change: AlarmChange;
  readonly active: boolean;
  readonly acknowledged: boolean;
  readonly severity: Severity;
  readonly category: string;
  /** in the site's language */
  readonly message: string;
  /** the same for a reader of another language; absent where the installer wrote the message, and of an older gateway */
  readonly message_i18n?: Message;
  /** what set it off: a metric's name, "silent", "zone-entered", … */
  readonly cause: string;
  readonly value?: Value;
  /** how many times it was set off since it was raised */
  readonly count: number;
  /** an installer's trial: stored and shown, but must not page the desk */
  readonly test: boolean;
  readonly evidence: readonly EvidenceReference[];
  /** why it has no clip: "no clip: nothing was recorded around the alarm". Absent of an older gateway, and where it has one */
  readonly evidence_problem?: string;
  readonly evidence_problem_i18n?: Message;
  /** from packet or frame taken to alert handed to local subscribers */
  readonly latency_ms?: number;
  /** what it is about, in words that hold also when it is over: "power reached 39.6 kW, above 24 kW" */
  readonly summary?: string;
  readonly summary_i18n?: Message;
  /** the worst value since it was raised, in the unit of `value` */
  readonly peak?: Value;
  /** of one that is over: how long it lasted */
  readonly duration_ms?: number;
  /** the log-in name of the person who acknowledged it, and when, RFC 3339 of the gateway's clock */
  readonly acknowledged_by?: string;
  readonly acknowledged_at?: string;
  /** on the gateway's page, or by a command of the centre */
  readonly acknowledged_where?: AcknowledgedWhere;
  /** the later alarm of the same rule, device and subject with which it was acknowledged: people are told of that one */
  readonly acknowledged_with?: string;
  /** what people call the device or camera, and where it is */
  readonly device_name?: string;
  readonly place?: string;
}

export type AcknowledgedWhere = 'site' | 'centre';

/**
 * Whether an alarm that is over stays in the lists until a person acknowledges it. A trial and what is only worth
 * knowing (info) do not wait for anybody.
 */
export function awaitsAcknowledgement({
  acknowledged,
  test,
  severity,
}: {
  readonly acknowledged: boolean;
  readonly test: boolean;
  readonly severity: string;
}): boolean {
  return !acknowledged && !test && severity !== 'info';
}

/** A picture or a clip that the gateway keeps; the bytes themselves go through no event. */
export interface EvidenceReference {
  readonly id: string;
  readonly sha256: string;
  /** bytes */
  readonly size: number;
  /** picture: of the alarm's frame, with boxes; best: the frame that shows the same track best; clip: the time around */
  readonly kind?: string;
  /** image/jpeg or video/mp4 */
  readonly media?: string;
}

/** An empty range (from 1, to 0) tells of events that were given up before they had a number. */
export interface GapData {
  readonly epoch: string;
  readonly lane: Lane;
  readonly from: string;
  /** null = unknown */
  readonly to: string | null;
  readonly count: number;
  readonly first_time?: string;
  readonly last_time?: string;
  readonly reason: string;
}

export interface VisionObservationData {
  readonly camera: string;
  readonly track: number;
  readonly class: string;
  /** 0..1 */
  readonly score: number;
  /** x, y, width, height of the picture, 0..1, from the top left */
  readonly box: readonly [number, number, number, number];
  readonly zone?: string;
  readonly line?: string;
  /** crossed: the side of the line that it came to, as the picture shows it */
  readonly to?: 'left' | 'right' | 'up' | 'down';
  /**
   * parked, moved: a thing that stands in the zone from now on, or moves again; left: not seen in it any more by a camera
   * that is live, so that of who was there when the camera was lost nothing more is said
   */
  readonly change: 'entered' | 'left' | 'parked' | 'moved' | 'crossed';
  /** true: it has not moved since it was first seen, or stands again */
  readonly static?: boolean;
}

/** What a zone or a line of a camera saw in the `seconds` before the event's time, of one class. */
export interface VisionCountData {
  readonly camera: string;
  readonly class: string;
  readonly seconds: number;
  readonly zone?: string;
  /** zone: how many came and went, are there now, and were there at once at most; parked things count */
  readonly entered?: number;
  readonly left?: number;
  readonly now?: number;
  readonly most?: number;
  readonly line?: string;
  /** line: how many crossed it, by the side that they came to */
  readonly crossed?: Readonly<Partial<Record<'left' | 'right' | 'up' | 'down', number>>>;
}

/** What corrects the events of a boot whose clock was not in sync: true time = uptime + offset_ms. */
export interface ClockData {
  readonly boot: string;
  readonly offset_ms: number;
  /** which time service said so: chrony, timesyncd, … */
  readonly source: string;
}

/** A gateway's life: started, stopped, a camera lost, an outbox put aside, … */
export interface GatewayData {
  readonly change: string;
  readonly message: string;
  readonly [detail: string]: unknown;
}
