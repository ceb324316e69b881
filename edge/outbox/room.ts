/**
 * Who may take how much of the outbox's file. Pure: the writer asks before each commit and for each entry.
 *
 *   0 ────────── 85 % ─────── 88 % ─────────────── 95 % ──────────────────── 100 %   of outbox.max_bytes
 *    telemetry    │ shedding   │ alerts of devices  │ alerts without a sender, gap records
 *                 └ begins     └ telemetry waits    └ alerts of devices wait (acknowledgement withheld)
 *
 * Where the disk lets the file grow no further, the same order holds within its present size. Below the floor of free
 * disk telemetry makes the file grow no more, alerts still do; on a disk that is full (a write failed) only what has no
 * sender to hold back does, in the room that the ballast gave.
 *
 * Shedding does not begin at once (sqlite/shed-patience.ts): while it waits, telemetry goes on to its bound and is then
 * refused, and on a full disk alerts of devices may use half of the room that the ballast gave.
 *
 * Always: alerts never fill more than 30 % of the limit, so that shedding can always give telemetry room; a shed step is
 * large, so that its gap record costs less than a hundredth of what it frees.
 */

/** What an event takes beside its data: key, times, boot, its share of the pages. An estimate, bytes. */
export const rowBytes = 160;

export interface RoomState {
  /** outbox.max_bytes */
  readonly maxBytes: number;
  readonly fileBytes: number;
  /** of the file's pages that are in use */
  readonly usedBytes: number;
  /** of the disk, beside the ballast */
  readonly freeDiskBytes: number;
  readonly minFreeBytes: number;
  /** a write has failed for room, and the floor has not been reached again since */
  readonly diskFull: boolean;
}

/** How far each kind may bring the file's used bytes. */
export interface Allowances {
  /** beyond it delivered events go, then the oldest telemetry */
  readonly shedFrom: number;
  readonly telemetry: number;
  readonly alerts: number;
  /** what has no sender to hold back */
  readonly reserved: number;
}

export type Kind = Exclude<keyof Allowances, 'shedFrom'>;

const shares = { shedFrom: 0.85, telemetry: 0.88, alerts: 0.95, reserved: 1 } as const;
/** The same within a file that cannot grow: what is left is for the b-trees' own pages. */
const stuckShares = { shedFrom: 0.92, telemetry: 0.95, alerts: 0.98 } as const;
/** Of the limit, for the alerts lane as a whole. */
const alertsLaneShares = { alerts: 0.25, reserved: 0.3 } as const;
/** A step frees a sixteenth of what telemetry may take, within these bounds. */
const stepShare = 1 / 16;
const largestStepBytes = 64 * 2 ** 20;
export const leastStepBytes = 64 * 2 ** 10;

export function allowances(room: RoomState): Allowances {
  const { maxBytes, fileBytes, freeDiskBytes, minFreeBytes, diskFull } = room;
  const growth = diskFull ? 0 : Math.max(0, freeDiskBytes - minFreeBytes);
  const growthForAlerts = diskFull ? 0 : freeDiskBytes;
  const within = (kind: keyof typeof stuckShares, most: number) =>
    Math.min(shares[kind] * maxBytes, stuckShares[kind] * (fileBytes + most));
  return {
    shedFrom: within('shedFrom', growth),
    telemetry: within('telemetry', growth),
    alerts: within('alerts', growthForAlerts),
    reserved: Math.min(maxBytes, fileBytes + freeDiskBytes),
  };
}

/** Whether an entry of `bytes` fits. `alertBytes`: of the alerts lanes as they are. */
export function fits(
  kind: Kind,
  bytes: number,
  room: Pick<RoomState, 'maxBytes' | 'usedBytes'>,
  allowed: Allowances,
  alertBytes: number,
): boolean {
  if (room.usedBytes + bytes > allowed[kind]) return false;
  return kind === 'telemetry' || alertBytes + bytes <= alertsLaneShares[kind] * room.maxBytes;
}

/** Less than this is not worth a gap record: telemetry waits instead. */
export function leastStep(maxBytes: number): number {
  return Math.min(leastStepBytes, maxBytes * stepShare);
}

/** Bytes to shed so that `incoming` fits and the next step is some way off, but at least `least`; 0 = nothing. */
export function bytesToShed(usedBytes: number, incoming: number, { shedFrom }: Allowances, least: number): number {
  const over = usedBytes + incoming - shedFrom;
  if (over <= 0) return 0;
  return over + stepBytes(shedFrom, least);
}

function stepBytes(shedFrom: number, least: number): number {
  return Math.min(Math.max(shedFrom * stepShare, least), largestStepBytes);
}

/** How much more telemetry finds room without shedding. */
export function headroom(usedBytes: number, { shedFrom }: Allowances): number {
  return shedFrom - usedBytes;
}

/** Whether there is so much room that it cannot come from shedding: a step more than the last step of it left. */
export function isAmple(
  headroomBytes: number,
  leftByShedding: number,
  { shedFrom }: Allowances,
  least: number,
): boolean {
  return headroomBytes >= leftByShedding + stepBytes(shedFrom, least);
}

/**
 * What each kind may take on a full disk while shedding waits: alerts are stored all the same, in the room that the
 * ballast gave, but for `keepBytes` of it, which the log of the first step will need.
 */
export function whileWaiting(allowed: Allowances, keepBytes: number): Allowances {
  return { ...allowed, alerts: Math.max(allowed.alerts, allowed.reserved - keepBytes) };
}

/** The floor of free disk where none is configured: a tenth of the disk, at most 256 MiB. */
export function defaultMinFreeBytes(diskBytes: number): number {
  return Math.min(256 * 2 ** 20, Math.floor(diskBytes / 10));
}
