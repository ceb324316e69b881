/**
 * A gateway's present state: the compacted `forpost.status` topic and `PUT /ingest/v1/status`, so that the centre
 * shows the present within seconds of a reconnect while the history still fills in order.
 *
 * Always: (starts, counter) grows with each status of a gateway, so that an older one that lands late loses.
 */
import type { Message } from '../texts/message.ts';
import type { ClockQuality } from './event.ts';
import type { Epoch, GatewayId, Lane, Sequence, SiteId } from './ids.ts';

export interface LaneBacklog {
  readonly epoch: Epoch;
  readonly lane: Lane;
  /** last number given; 0 = none yet */
  readonly assigned: Sequence;
  /** last number the centre called safe */
  readonly acknowledged: Sequence;
  /** bytes of data that still wait */
  readonly bytes: number;
  /** of the numbers above the acknowledged one: events that were shed for room; absent = none */
  readonly shed?: number;
}

export type CameraState = 'connecting' | 'live' | 'stalled' | 'refused' | 'unreachable' | 'off';

export interface CameraStatus {
  readonly id: string;
  readonly name: string;
  readonly state: CameraState;
  /** in words an installer understands: "wrong password", "no frames for 3 s"; empty where live as it should be */
  readonly reason: string;
  /** the same for a reader of another language; here and below absent where there is none, and of an older gateway */
  readonly reasonI18n?: Message;
  /** frames analysed a second, over the last 10 s */
  readonly framesPerSecond: number;
  /** since the vision process started: a newer frame was there before anybody looked. Absent of an older gateway */
  readonly framesSkipped?: number;
  readonly detector: string;
  /** where it is, in the site's words */
  readonly place?: string;
}

export type UplinkState = 'offline' | 'probing' | 'draining' | 'live' | 'off';

/** How a backlog goes down. The figures are of the last half minute. */
export interface DrainPlan {
  /** that went out and were called safe */
  readonly eventsPerSecond: number;
  /** of their data, as `bytes` that wait are counted */
  readonly bytesPerSecond: number;
  /** events that came in meanwhile */
  readonly arrivingPerSecond: number;
  /** null where it is not known, or never at this rate */
  readonly secondsLeft: number | null;
  /** RFC 3339 of the gateway's clock */
  readonly endsAt: string | null;
  /** growing: as much comes in as goes out, or more; stopped: nothing goes out; unknown: not measured yet */
  readonly outlook: 'empty' | 'ending' | 'growing' | 'stopped' | 'unknown';
}

export interface UplinkStatus {
  readonly sink: string;
  readonly state: UplinkState;
  /** RFC 3339 */
  readonly since: string;
  /** why it is not live, in words; empty where it is */
  readonly reason: string;
  readonly reasonI18n?: Message;
  /** events and bytes that wait */
  readonly events: number;
  readonly bytes: number;
  readonly eventsPerSecond: number;
  /** what takes the events: kafka, or https = the centre's receiver. Absent of an older gateway */
  readonly kind?: string;
  /** RFC 3339: nothing that is sent has been answered since then; absent while answers come */
  readonly silentSince?: string;
  /** absent of an older gateway */
  readonly plan?: DrainPlan;
  /** of a metered link: bytes on the wire of this local day, and how many it may have */
  readonly budget?: { readonly used: number; readonly limit: number };
}

export interface DeviceStatus {
  readonly id: string;
  readonly name: string;
  readonly connected: boolean;
  /** RFC 3339, of the last message; null = never */
  readonly lastSeen: string | null;
  /** RFC 3339: when it was connected last, or is since; absent: not since the gateway started, or of an older gateway */
  readonly lastConnected?: string;
  readonly messages: number;
  readonly deadLetters: number;
  /** the last values by metric (channel/metric where there are channels) */
  readonly values: Readonly<Record<string, number | string | boolean>>;
  /** where it is, in the site's words */
  readonly place?: string;
  /** what of its messages was not understood since the gateway started; absent where all was, and of an older gateway */
  readonly unread?: DeviceUnread;
  /** rules that cannot fire on what it sends: which, what people call them, and why; absent where there are none */
  readonly muteRules?: readonly {
    readonly rule: string;
    readonly name: string;
    readonly reason: string;
    readonly reasonI18n?: Message;
  }[];
}

/** What a device said that its decoder does not understand. All of it bounded. */
export interface DeviceUnread {
  /** messages that should have given a value and gave none; those that were refused count too */
  readonly messages: number;
  /** of these, how many came since a value was understood last */
  readonly inARow: number;
  /** whether anything but this came: a device of which nothing is understood looks alive and says nothing */
  readonly nothingUnderstood: boolean;
  /** the newest of these messages: `payload` its beginning, RFC 3339 */
  readonly newest?: { readonly topic: string; readonly at: string; readonly payload: string; readonly reason?: string };
  /** keys of values that no table knows, by their paths */
  readonly unknownKeys: readonly string[];
  /** fields that were not read, or not as they were written, the newest first */
  readonly fields: readonly {
    readonly path: string;
    readonly problem: string;
    readonly count: number;
    /** RFC 3339, the newest time */
    readonly at: string;
  }[];
}

export interface GatewayStatus {
  readonly site: SiteId;
  readonly gateway: GatewayId;
  readonly name: string;
  /** where the site is, in its own words */
  readonly place?: string;
  readonly version: string;
  /** how many times the outbox was started, and a count within that start */
  readonly starts: number;
  readonly counter: number;
  /** RFC 3339 of the gateway's clock */
  readonly at: string;
  /** ms until the next state comes, where a metered link makes that longer than usual */
  readonly everyMs?: number;
  readonly clock: ClockQuality;
  readonly boot: string;
  /** ms */
  readonly uptime: number;
  /** hash of the site's configuration */
  readonly revision: string;
  readonly lanes: readonly LaneBacklog[];
  readonly uplinks: readonly UplinkStatus[];
  readonly cameras: readonly CameraStatus[];
  readonly devices: readonly DeviceStatus[];
  /** ids of the keys whose commands the gateway takes; absent: of a version without commands */
  readonly commandKeys?: readonly string[];
  /** whether it has a receiver to send pictures and clips to; absent: of a version that does not say */
  readonly sendsEvidence?: boolean;
  /** what is wrong with the outbox's disk or file, in words; absent where all is well */
  readonly storageProblem?: string;
  /** what is wrong now, in words: a model that is no model, a vision process that restarts, … */
  readonly problems: readonly string[];
  /** the same for a reader of another language, in the same order; null for one that has no key */
  readonly problemsI18n?: readonly (Message | null)[];
}
