/**
 * The wire contract: the form of an event between the site and the centre, CloudEvents 1.0 in structured JSON, one event
 * a Kafka record. Both sides import this file; neither changes it alone.
 *
 * Always: unknown types and fields are kept, so that an old centre takes a new gateway's events, and the reverse.
 * `sequence` and `uptime` are decimal strings, because a CloudEvents integer has 32 bits.
 */
import type { Message } from '../texts/message.ts';
import type { DeviceId, Epoch, GatewayId, Lane, SiteId } from './ids.ts';

/** The types that this version knows; events of other types pass through unchanged. */
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
  /** `/sites/<site>/gateways/<gateway>`; for an event about a device, followed by `/devices/<device>` */
  readonly source: string;
  readonly type: string;
  /** the device; absent for an event about the gateway */
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
  /** time of receipt at the gateway, RFC 3339 with ms */
  readonly received: string;
  readonly clock: ClockQuality;
  /** id of the machine's boot, to which `uptime` belongs */
  readonly boot: string;
  /** ms of the machine's monotonic clock, decimal */
  readonly uptime: string;
  readonly data: Data;
}

/** Whether the system clock was known to be in sync at the time of receipt. */
export type ClockQuality = 'synced' | 'unsynced';

export type Value = number | string | boolean;
export type Quality = 'estimated' | 'stale' | 'implausible' | 'bad';

export interface ReadingData {
  /** by metric name, `<quantity>_<unit>[_export][_l1|_l2|_l3][_t1…]`: power_w (import positive), energy_wh, … */
  readonly values: Readonly<Record<string, Value>>;
  readonly channel?: string;
  /** absent = good */
  readonly quality?: Quality;
  /** the device's own id of this reading, by which a resend is recognised */
  readonly id?: string;
  /** for a bridge: the measuring device behind it, under the bridge's name for it; `channel` derives from it */
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
  /** `message` for readers of other languages; absent for a message that the installer wrote, and from an older gateway */
  readonly message_i18n?: Message;
  /** what raised it: a metric's name, "silent", "zone-entered", … */
  readonly cause: string;
  readonly value?: Value;
  /** how many times the condition has come true since the alarm was raised */
  readonly count: number;
  /** the rule is a test: the alarm is stored and shown, but notifies nobody */
  readonly test: boolean;
  readonly evidence: readonly EvidenceReference[];
  /** why the alarm has no clip: "no clip: nothing was recorded around the alarm". Absent with a clip, and from an older gateway */
  readonly evidence_problem?: string;
  readonly evidence_problem_i18n?: Message;
  /** from receipt of the packet or frame until local subscribers have the alert */
  readonly latency_ms?: number;
  /** the alarm in words that stay true when it is over: "power reached 39.6 kW, above 24 kW" */
  readonly summary?: string;
  readonly summary_i18n?: Message;
  /** the worst value since the alarm was raised, in the unit of `value` */
  readonly peak?: Value;
  /** how long an alarm that is over lasted */
  readonly duration_ms?: number;
  /** log-in name of the person who acknowledged it, and the time by the gateway's clock, RFC 3339 */
  readonly acknowledged_by?: string;
  readonly acknowledged_at?: string;
  /** where it was acknowledged: on the gateway's page, or by a command of the centre */
  readonly acknowledged_where?: AcknowledgedWhere;
  /** the later alarm of the same rule, device and subject that was acknowledged with it; notifications name that one */
  readonly acknowledged_with?: string;
  /** name and place of the device or camera, in the site's words */
  readonly device_name?: string;
  readonly place?: string;
}

export type AcknowledgedWhere = 'site' | 'centre';

/**
 * Whether an alarm that is over stays in the lists until a person acknowledges it. Alarms of test rules and alarms of
 * severity info do not wait.
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

/** A picture or clip that the gateway keeps; events carry no bytes of it. */
export interface EvidenceReference {
  readonly id: string;
  readonly sha256: string;
  /** bytes */
  readonly size: number;
  /** picture: the alarm's frame, with boxes; best: the frame that shows the track best; clip: the time around the alarm */
  readonly kind?: string;
  /** image/jpeg or video/mp4 */
  readonly media?: string;
}

/** An empty range (from 1, to 0) reports events that were given up before they had a number. */
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
  /** x, y, width, height as parts of the picture, 0..1, from the top left */
  readonly box: readonly [number, number, number, number];
  readonly zone?: string;
  readonly line?: string;
  /** crossed: the side of the line that the thing moved to, in the picture */
  readonly to?: 'left' | 'right' | 'up' | 'down';
  /**
   * parked, moved: a thing begins to stand in the zone, or moves again. left: a live camera does not see it in the zone any
   * more; for things present when the camera was lost, no event follows
   */
  readonly change: 'entered' | 'left' | 'parked' | 'moved' | 'crossed';
  /** true: it has not moved since it was first seen, or has stopped again */
  readonly static?: boolean;
}

/** Counts of one class in a camera's zone or line during the `seconds` before the event's time. */
export interface VisionCountData {
  readonly camera: string;
  readonly class: string;
  readonly seconds: number;
  readonly zone?: string;
  /** zone: how many entered and left, are inside now, and were inside at once at most; parked things count */
  readonly entered?: number;
  readonly left?: number;
  readonly now?: number;
  readonly most?: number;
  readonly line?: string;
  /** line: how many crossed it, by the side that they moved to */
  readonly crossed?: Readonly<Partial<Record<'left' | 'right' | 'up' | 'down', number>>>;
}

/** Corrects events of a boot whose clock was not in sync: true time = uptime + offset_ms. */
export interface ClockData {
  readonly boot: string;
  readonly offset_ms: number;
  /** the time service that vouched for it: chrony, timesyncd, … */
  readonly source: string;
}

/** An event in a gateway's life: started, stopped, a camera lost, an outbox put aside, … */
export interface GatewayData {
  readonly change: string;
  /** in English words */
  readonly message: string;
  /** `message` for readers of other languages; absent without one, and from an older gateway */
  readonly message_i18n?: Message;
  readonly [detail: string]: unknown;
}
