/**
 * The things in a zone, as one rule counts them:
 *
 *   outside ── enters ──► inside ── the rule means it ──► counted ── leaves, vanishes, parks ──► no longer counted
 *
 * Always: a thing that is inside and not counted is judged again with each frame, because it is recognised better as it
 * comes nearer, and a schedule may begin while it is there. A parked thing counts only where the rule says so. A thing
 * that is outside for less than `stepOutMs` counts as never having left.
 */
import type { Uptime } from '@forpost/shared/clock.ts';
import type { Track } from '../../vision/messages.ts';
import type { Observation } from '../rule.ts';

export interface Occupant {
  /** when the thing entered, ms of the monotonic clock */
  readonly since: number;
  readonly track: Track;
  readonly counted: boolean;
}

export interface PresenceChange {
  /** things that began to count, in this order */
  readonly came: readonly Occupant[];
  readonly went: readonly (Occupant & { readonly parked: boolean })[];
  /** whether the observation is about the zone */
  readonly concernsZone: boolean;
}

export interface PresenceOptions {
  readonly zone: string;
  /** whether a parked thing counts */
  readonly parked: boolean;
  /** whether the rule means the thing now; @throws the errors of the rule's condition */
  means(track: Track, observation: Observation): boolean;
}

/** Tracks in one zone at once; further ones are not counted. */
const mostInside = 1000;
const stepOutMs = 2_000;
const nothing: PresenceChange = { came: [], went: [], concernsZone: false };

export class Presence {
  readonly #options: PresenceOptions;
  #inside = new Map<number, Occupant>();
  readonly #steppedOut = new Map<number, { readonly since: number; readonly at: number }>();

  constructor(options: PresenceOptions) {
    this.#options = options;
  }

  /** The things that count now. */
  get counted(): readonly Occupant[] {
    return [...this.#inside.values()].filter(({ counted }) => counted);
  }

  get count(): number {
    let count = 0;
    for (const { counted } of this.#inside.values()) if (counted) count++;
    return count;
  }

  /** Forgets all things: the camera lost its tracks. */
  clear(): void {
    this.#inside.clear();
    this.#steppedOut.clear();
  }

  observe(observation: Observation, uptime: Uptime): PresenceChange {
    if (observation.kind === 'frame') return this.#judgeFrame(observation, uptime);
    if (observation.kind !== 'scene') return nothing;
    const { change } = observation;
    if (change.change === 'crossed' || change.zone !== this.#options.zone) return nothing;
    const known = this.#inside.get(change.track.id);
    if (change.change === 'left') return this.#leave(change.track.id, uptime);
    if (known === undefined && this.#inside.size >= mostInside) return { ...nothing, concernsZone: true };
    const since = known?.since ?? this.#returned(change.track.id, uptime) ?? uptime;
    return this.#judge({ since, track: change.track, counted: known?.counted ?? false }, observation);
  }

  #judgeFrame(observation: Extract<Observation, { kind: 'frame' }>, uptime: Uptime): PresenceChange {
    if (this.#inside.size === 0) return nothing;
    const came: Occupant[] = [];
    const went: PresenceChange['went'][number][] = [];
    for (const [id, occupant] of this.#inside) {
      const track = observation.tracks.find((one) => one.id === id);
      const change = track === undefined ? this.#leave(id, uptime) : this.#judge({ ...occupant, track }, observation);
      came.push(...change.came);
      went.push(...change.went);
    }
    return { came, went, concernsZone: true };
  }

  #judge(occupant: Occupant, observation: Observation): PresenceChange {
    const { means, parked } = this.#options;
    const hidden = occupant.track.static && !parked;
    const now = { ...occupant, counted: !hidden && (occupant.counted || means(occupant.track, observation)) };
    this.#inside.set(occupant.track.id, now);
    if (now.counted === occupant.counted) return { ...nothing, concernsZone: true };
    return now.counted
      ? { came: [now], went: [], concernsZone: true }
      : { came: [], went: [{ ...now, parked: true }], concernsZone: true };
  }

  #leave(id: number, uptime: Uptime): PresenceChange {
    const known = this.#inside.get(id);
    if (known === undefined) return nothing;
    this.#inside.delete(id);
    for (const [other, { at }] of this.#steppedOut) if (uptime - at > stepOutMs) this.#steppedOut.delete(other);
    this.#steppedOut.set(id, { since: known.since, at: uptime });
    return { came: [], went: known.counted ? [{ ...known, parked: false }] : [], concernsZone: true };
  }

  #returned(id: number, uptime: Uptime): number | undefined {
    const out = this.#steppedOut.get(id);
    this.#steppedOut.delete(id);
    return out !== undefined && uptime - out.at <= stepOutMs ? out.since : undefined;
  }
}
