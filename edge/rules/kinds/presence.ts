/**
 * Who is in a zone, as a rule sees it:
 *
 *   outside ── enters ──► inside ── the rule means it ──► counted ── leaves, vanishes, parks ──► no longer counted
 *
 * Always: what is inside and not yet counted is looked at again with each frame, because a thing is seen better as it
 * comes nearer, and a schedule may begin while it is there; a parked thing is counted only where the rule wants it;
 * who steps out for less than `stepOutMs` has been there all the time.
 */
import type { Uptime } from '@forpost/shared/clock.ts';
import type { Track } from '../../vision/messages.ts';
import type { Observation } from '../rule.ts';

export interface Occupant {
  /** when it entered, ms of the monotonic clock */
  readonly since: number;
  readonly track: Track;
  readonly counted: boolean;
}

export interface PresenceChange {
  /** who began to count, in the order in which they did */
  readonly came: readonly Occupant[];
  readonly went: readonly (Occupant & { readonly parked: boolean })[];
  /** whether the camera told anything of the zone */
  readonly heard: boolean;
}

export interface PresenceOptions {
  readonly zone: string;
  /** a parked thing counts like any other */
  readonly parked: boolean;
  /** whether the rule means it, now; @throws what the rule's condition throws */
  means(track: Track, observation: Observation): boolean;
}

/** Tracks in one zone at once; a crowd beyond it is no larger. */
const mostInside = 1000;
const stepOutMs = 2_000;
const nothing: PresenceChange = { came: [], went: [], heard: false };

export class Presence {
  readonly #options: PresenceOptions;
  #inside = new Map<number, Occupant>();
  readonly #steppedOut = new Map<number, { readonly since: number; readonly at: number }>();

  constructor(options: PresenceOptions) {
    this.#options = options;
  }

  /** Those who count now. */
  get counted(): readonly Occupant[] {
    return [...this.#inside.values()].filter(({ counted }) => counted);
  }

  get count(): number {
    let count = 0;
    for (const { counted } of this.#inside.values()) if (counted) count++;
    return count;
  }

  /** Nobody knows any more who is there. */
  clear(): void {
    this.#inside.clear();
    this.#steppedOut.clear();
  }

  observe(observation: Observation, uptime: Uptime): PresenceChange {
    if (observation.kind === 'looked') return this.#look(observation, uptime);
    if (observation.kind !== 'scene') return nothing;
    const { change } = observation;
    if (change.change === 'crossed' || change.zone !== this.#options.zone) return nothing;
    const known = this.#inside.get(change.track.id);
    if (change.change === 'left') return this.#leave(change.track.id, uptime);
    if (known === undefined && this.#inside.size >= mostInside) return { ...nothing, heard: true };
    const since = known?.since ?? this.#returned(change.track.id, uptime) ?? uptime;
    return this.#judge({ since, track: change.track, counted: known?.counted ?? false }, observation);
  }

  #look(observation: Extract<Observation, { kind: 'looked' }>, uptime: Uptime): PresenceChange {
    if (this.#inside.size === 0) return nothing;
    const came: Occupant[] = [];
    const went: PresenceChange['went'][number][] = [];
    for (const [id, occupant] of this.#inside) {
      const track = observation.tracks.find((one) => one.id === id);
      const change = track === undefined ? this.#leave(id, uptime) : this.#judge({ ...occupant, track }, observation);
      came.push(...change.came);
      went.push(...change.went);
    }
    return { came, went, heard: true };
  }

  #judge(occupant: Occupant, observation: Observation): PresenceChange {
    const { means, parked } = this.#options;
    const hidden = occupant.track.static && !parked;
    const now = { ...occupant, counted: !hidden && (occupant.counted || means(occupant.track, observation)) };
    this.#inside.set(occupant.track.id, now);
    if (now.counted === occupant.counted) return { ...nothing, heard: true };
    return now.counted
      ? { came: [now], went: [], heard: true }
      : { came: [], went: [{ ...now, parked: true }], heard: true };
  }

  #leave(id: number, uptime: Uptime): PresenceChange {
    const known = this.#inside.get(id);
    if (known === undefined) return nothing;
    this.#inside.delete(id);
    for (const [other, { at }] of this.#steppedOut) if (uptime - at > stepOutMs) this.#steppedOut.delete(other);
    this.#steppedOut.set(id, { since: known.since, at: uptime });
    return { came: [], went: known.counted ? [{ ...known, parked: false }] : [], heard: true };
  }

  #returned(id: number, uptime: Uptime): number | undefined {
    const out = this.#steppedOut.get(id);
    this.#steppedOut.delete(id);
    return out !== undefined && uptime - out.at <= stepOutMs ? out.since : undefined;
  }
}
