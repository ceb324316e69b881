/**
 * A gateway's present state: the compacted topic `forpost.status`, and `PUT /ingest/v1/status`. The centre shows it within
 * seconds of a reconnect, while the history still fills in order.
 *
 * Always: (starts, counter) grows with each status of a gateway, so that an older status that arrives late is ignored.
 */
import type { Message } from '../texts/message.ts';
import type { ClockQuality } from './event.ts';
import type { Epoch, GatewayId, Lane, Sequence, SiteId } from './ids.ts';

export interface LaneBacklog {
  readonly epoch: Epoch;
  readonly lane: Lane;
  /** last assigned number; 0 = none yet */
  readonly assigned: Sequence;
  /** last number that the centre has acknowledged */
  readonly acknowledged: Sequence;
  /** bytes of data in the backlog */
  readonly bytes: number;
  /** number of shed events above the acknowledged number; absent = none */
  readonly shed?: number;
}

export type CameraState = 'connecting' | 'live' | 'stalled' | 'refused' | 'unreachable' | 'off';

export interface CameraStatus {
  readonly id: string;
  readonly name: string;
  readonly state: CameraState;
  /** why it is not live, in words for an installer: "wrong password", "no frames for 3 s"; empty when live */
  readonly reason: string;
  /** `reason` for readers of other languages; absent without one, and from an older gateway */
  readonly reasonI18n?: Message;
  /** frames analysed a second, over the last 10 s */
  readonly framesPerSecond: number;
  /** frames skipped since the vision process started, because a newer one had arrived. Absent from an older gateway */
  readonly framesSkipped?: number;
  readonly detector: string;
  /** its place, in the site's words */
  readonly place?: string;
}

export type UplinkState = 'offline' | 'probing' | 'draining' | 'live' | 'off';

/** How the backlog shrinks. Figures cover the last 30 s. */
export interface DrainPlan {
  /** events sent and acknowledged */
  readonly eventsPerSecond: number;
  /** bytes of their data, counted as in `bytes` of the backlog */
  readonly bytesPerSecond: number;
  /** new events in that time */
  readonly arrivingPerSecond: number;
  /** null when unknown, or when the backlog never ends at this rate */
  readonly secondsLeft: number | null;
  /** RFC 3339 of the gateway's clock */
  readonly endsAt: string | null;
  /** growing: at least as many events arrive as go out; stopped: none go out; unknown: not measured yet */
  readonly outlook: 'empty' | 'ending' | 'growing' | 'stopped' | 'unknown';
}

export interface UplinkStatus {
  readonly sink: string;
  readonly state: UplinkState;
  /** RFC 3339 */
  readonly since: string;
  /** why it is not live, in words; empty when live */
  readonly reason: string;
  readonly reasonI18n?: Message;
  /** events and bytes in the backlog */
  readonly events: number;
  readonly bytes: number;
  readonly eventsPerSecond: number;
  /** the sink's kind: kafka, or https = the centre's receiver. Absent from an older gateway */
  readonly kind?: string;
  /** RFC 3339: since then no answer has come to anything sent; absent while answers come */
  readonly silentSince?: string;
  /** absent from an older gateway */
  readonly plan?: DrainPlan;
  /** metered link: bytes on the wire in this local day, and the daily limit */
  readonly budget?: { readonly used: number; readonly limit: number };
}

export interface DeviceStatus {
  readonly id: string;
  readonly name: string;
  readonly connected: boolean;
  /** RFC 3339, of the last message; null = never */
  readonly lastSeen: string | null;
  /** RFC 3339: last time it was connected, or since when it is; absent: not since the gateway started, or an older gateway */
  readonly lastConnected?: string;
  readonly messages: number;
  readonly deadLetters: number;
  /** the last values by metric (channel/metric where there are channels) */
  readonly values: Readonly<Record<string, number | string | boolean>>;
  /** its place, in the site's words */
  readonly place?: string;
  /** id of the bridge that speaks for the device; absent: it has a log-in of its own, or an older gateway */
  readonly bridge?: string;
  /** of a bridge: how many devices it speaks for that wait to be named; absent: it is no bridge */
  readonly found?: number;
  /** parts of its messages that were not understood since the gateway started; absent when all were, and from an older gateway */
  readonly unread?: DeviceUnread;
  /** rules that cannot fire on its messages: id, name and reason; absent when there are none */
  readonly muteRules?: readonly {
    readonly rule: string;
    readonly name: string;
    readonly reason: string;
    readonly reasonI18n?: Message;
  }[];
}

/** The parts of a device's messages that its decoder does not understand. All of it bounded. */
export interface DeviceUnread {
  /** messages that should have given a value and gave none, refused ones included */
  readonly messages: number;
  /** how many of these came after the last understood value */
  readonly inARow: number;
  /** whether no message was understood: the device looks alive, but gives no values */
  readonly nothingUnderstood: boolean;
  /** the newest of these messages: the beginning of its payload, RFC 3339 */
  readonly newest?: {
    readonly topic: string;
    readonly at: string;
    readonly payload: string;
    readonly reason?: string;
    readonly reasonI18n?: Message;
  };
  /** keys of values that the decoder's tables lack, as paths */
  readonly unknownKeys: readonly string[];
  /** fields that were not read, or read differently than written, the newest first */
  readonly fields: readonly {
    readonly path: string;
    readonly problem: string;
    readonly problemI18n?: Message;
    readonly count: number;
    /** RFC 3339, the newest time */
    readonly at: string;
  }[];
}

/** A gateway that was restored from a backup of another box. Times in RFC 3339 of the gateway's clock. */
export interface RestoredFrom {
  readonly at: string;
  /** when the backup was made */
  readonly backup: string;
  /** the epoch that ran when the backup was made */
  readonly epoch: Epoch;
}

/** What the gateway watches of the machine that it runs on. A later version may have more. */
export type HostPart = 'temperature' | 'throttling' | 'power' | 'load' | 'memory' | 'disk' | 'storage' | 'network';

/** The machine that the gateway runs on, as it was read last. All of it bounded. */
export interface HostStatus {
  /** RFC 3339 */
  readonly at: string;
  /** "Raspberry Pi 4 Model B Rev 1.4"; absent where the machine does not report it */
  readonly model?: string;
  /** by metric name (temperature_c, memory_available_bytes, …); a figure that is not known is absent, never 0 */
  readonly values: Readonly<Record<string, number>>;
  /** what is not well or not known, worst first; a part without one is well */
  readonly findings: readonly HostFinding[];
  readonly disks?: readonly HostDisk[];
  readonly interfaces?: readonly HostInterface[];
  /** RFC 3339: since when the use of the disk is known, from which `disk_days_left` follows; absent: not yet */
  readonly trendSince?: string;
}

export interface HostFinding {
  readonly part: HostPart;
  /** bad: its alarm is active; watch: worth a look; unknown: this machine does not report it, and `text` says why */
  readonly level: 'bad' | 'watch' | 'unknown';
  readonly text: string;
  readonly textI18n?: Message;
}

export interface HostDisk {
  /** of the system: mmcblk0, nvme0n1 */
  readonly name: string;
  /** used part of its life time, 0..1, above 1: worn out; absent: it does not report it */
  readonly usedLife?: number;
}

export interface HostInterface {
  readonly name: string;
  readonly up: boolean;
  readonly address?: string;
}

export interface GatewayStatus {
  readonly site: SiteId;
  readonly gateway: GatewayId;
  readonly name: string;
  /** place of the site, in its own words */
  readonly place?: string;
  readonly version: string;
  /** how many times the outbox was started, and a counter within that start */
  readonly starts: number;
  readonly counter: number;
  /** RFC 3339 of the gateway's clock */
  readonly at: string;
  /** ms until the next status, when a metered link makes that longer than usual */
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
  /** ids of the command keys that the gateway trusts; absent from a version without commands */
  readonly commandKeys?: readonly string[];
  /** whether it has a receiver for pictures and clips; absent from a version that does not report it */
  readonly sendsEvidence?: boolean;
  /** id of the restore that made this box the gateway; absent: it was never restored, or is of an older version */
  readonly instance?: string;
  readonly restored?: RestoredFrom;
  /** fault of the outbox's disk or file, in words; absent without a fault */
  readonly storageProblem?: string;
  readonly storageProblemI18n?: Message;
  /** absent before the first reading of the machine, while its watch is off, and from an older gateway */
  readonly host?: HostStatus;
  /** present problems, in words: a broken model, a vision process that restarts, … */
  readonly problems: readonly string[];
  /** `problems` for readers of other languages, in the same order; null for a problem without a key */
  readonly problemsI18n?: readonly (Message | null)[];
}
