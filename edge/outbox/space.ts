/**
 * The shares of the outbox's file. Pure: the writer asks before each commit and for each entry.
 *
 *   0 ────────── 85 % ─────── 88 % ─────────────── 95 % ──────────────────── 100 %   of outbox.max_bytes
 *    telemetry    │ shedding   │ alerts of devices  │ alerts without a sender, gap records
 *                 └ begins     └ telemetry waits    └ alerts of devices wait (acknowledgement withheld)
 *
 * Where the disk lets the file grow no further, the same order holds within its present size. Below the floor of free
 * disk telemetry no longer grows the file, alerts still do. On a full disk (a write failed) only entries without a
 * sender that could keep them use the space that the ballast gave.
 *
 * Shedding does not begin at once (sqlite/writer/space/shed-patience.ts): while it waits, telemetry goes on to its
 * bound and is then refused. On a full disk alerts of devices may use half of the ballast's space meanwhile.
 *
 * Always: alerts never fill more than 30 % of the limit, so that shedding can always give telemetry space. A shed step
 * is large, so that its gap record costs less than a hundredth of the space that it frees.
 */

/** Bytes of an event besides its data, estimated: key, times, boot, its share of the pages. */
export const rowBytes = 160;

export interface SpaceState {
  /** outbox.max_bytes */
  readonly maxBytes: number;
  readonly fileBytes: number;
  /** bytes of the file's pages that are in use */
  readonly usedBytes: number;
  /** free bytes of the disk, besides the ballast */
  readonly freeDiskBytes: number;
  readonly minFreeBytes: number;
  /** a write failed for want of space, and free bytes have not reached the floor since */
  readonly diskFull: boolean;
}

/** The used bytes of the file up to which each kind of entry is stored. */
export interface Allowances {
  /** beyond it delivered events are deleted, then the oldest telemetry */
  readonly shedFrom: number;
  readonly telemetry: number;
  readonly alerts: number;
  /** entries without a sender that could keep them */
  readonly reserved: number;
}

export type Kind = Exclude<keyof Allowances, 'shedFrom'>;

const shares = { shedFrom: 0.85, telemetry: 0.88, alerts: 0.95, reserved: 1 } as const;
/** The same within a file that cannot grow: the rest is for the b-trees' own pages. */
const stuckShares = { shedFrom: 0.92, telemetry: 0.95, alerts: 0.98 } as const;
/** The alerts lane's share of the limit. */
const alertsLaneShares = { alerts: 0.25, reserved: 0.3 } as const;
/** A shed step frees a sixteenth of telemetry's share, within these bounds. */
const stepShare = 1 / 16;
const largestStepBytes = 64 * 2 ** 20;
export const leastStepBytes = 64 * 2 ** 10;

export function allowances(space: SpaceState): Allowances {
  const { maxBytes, fileBytes, freeDiskBytes, minFreeBytes, diskFull } = space;
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

/** Whether an entry of `bytes` fits. @param alertBytes of the alerts lanes now */
export function fits(
  kind: Kind,
  bytes: number,
  space: Pick<SpaceState, 'maxBytes' | 'usedBytes'>,
  allowed: Allowances,
  alertBytes: number,
): boolean {
  if (space.usedBytes + bytes > allowed[kind]) return false;
  return kind === 'telemetry' || alertBytes + bytes <= alertsLaneShares[kind] * space.maxBytes;
}

/** A smaller step is not worth a gap record: telemetry waits instead. */
export function leastStep(maxBytes: number): number {
  return Math.min(leastStepBytes, maxBytes * stepShare);
}

/** Bytes to shed so that `incoming` fits and the next step is some way off, at least `least`; 0: nothing. */
export function bytesToShed(usedBytes: number, incoming: number, { shedFrom }: Allowances, least: number): number {
  const over = usedBytes + incoming - shedFrom;
  if (over <= 0) return 0;
  return over + stepBytes(shedFrom, least);
}

function stepBytes(shedFrom: number, least: number): number {
  return Math.min(Math.max(shedFrom * stepShare, least), largestStepBytes);
}

/** Bytes of telemetry that fit without shedding. */
export function headroom(usedBytes: number, { shedFrom }: Allowances): number {
  return shedFrom - usedBytes;
}

/** Whether there is a whole step more headroom than after the last shed step: shedding alone never frees so much. */
export function isAmple(
  headroomBytes: number,
  leftByShedding: number,
  { shedFrom }: Allowances,
  least: number,
): boolean {
  return headroomBytes >= leftByShedding + stepBytes(shedFrom, least);
}

/**
 * The shares on a full disk while shedding waits: alerts are stored all the same, in the ballast's space, except
 * `keepBytes` of it for the log of the first shed step.
 */
export function whileWaiting(allowed: Allowances, keepBytes: number): Allowances {
  return { ...allowed, alerts: Math.max(allowed.alerts, allowed.reserved - keepBytes) };
}

/** The default floor of free disk: a tenth of the disk, at most 256 MiB. */
export function defaultMinFreeBytes(diskBytes: number): number {
  return Math.min(256 * 2 ** 20, Math.floor(diskBytes / 10));
}
