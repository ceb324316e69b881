/**
 * The present state of the gateways: the latest status of each, and the time of its last contact.
 *
 *   known (from the history, no status yet) ── status ──► online ── none for 10 s ──► offline ── status ──► online
 *
 * Always:
 * - An older status (by starts, then counter) never replaces a newer one, however late it comes. One exception:
 *   `provenAfter` older ones in a row that go on counting and came after it. Then the gateway has begun again, with a new
 *   outbox. (The statuses of a topic that is read once more came before, so they do not count.)
 * - Of two boxes of one gateway (GatewayStatus.instance) the status that came later counts: the one that a restore has
 *   replaced is refused before (takeovers.ts).
 * - While no states can reach the centre, because Kafka is down, no gateway falls silent.
 * - The last contact is kept by the monotonic clock and never goes back. A wall clock that is set right changes the time
 *   that is shown, and makes no gateway online or offline.
 * - At most `maxGateways` are known. Listeners get each change once.
 */
import type { Clock, Timer } from '@forpost/shared/clock.ts';
import type { GatewayStatus, LaneBacklog } from '@forpost/shared/event/status.ts';
import type { Part } from '@forpost/shared/lifecycle.ts';
import { boundedStatus } from './status-codec.ts';

/** Without a status for this long a gateway counts as offline. */
export const onlineWithinMs = 10_000;
/** Over a metered link: how many states may be missed, and the longest pause between states that is believed. */
const missedStates = 2.5;
const longestEveryMs = 3_600_000;
const sweepMs = 1000;
/** An abandoned producer sends one or two stray statuses; a gateway that began again goes on sending. */
const provenAfter = 3;

export interface KnownGateway {
  readonly gateway: string;
  /** '' where only its number ranges are known */
  readonly site: string;
  /** ms since 1970 of the centre's clock; undefined = not since the centre started */
  readonly lastContact: number | undefined;
  readonly online: boolean;
  readonly status: GatewayStatus | undefined;
}

export interface KnownSite {
  readonly site: string;
  readonly gateways: readonly string[];
  readonly online: number;
}

export interface GatewayDirectoryOptions {
  readonly clock: Clock;
  /**
   * Events that were called safe by then (ms of the monotonic clock) are no longer on their way; undefined: not known yet.
   * Default: now, because without Kafka events are never on their way.
   */
  readonly handledAt?: () => number | undefined;
  /** whether states of gateways can arrive now; default: always */
  readonly canReceive?: () => boolean;
  /** 100,000 gateways on one owner's prefix is what the design is for */
  readonly maxGateways?: number;
}

/** The lanes of a status, and when it came, ms since 1970 (by the broker's clock, with Kafka). */
export interface Settled {
  readonly lanes: readonly LaneBacklog[];
  readonly arrived: number;
}

interface Entry {
  site: string;
  /** last contact, ms of the monotonic clock */
  lastContactAt: number | undefined;
  /** ms since then in which no states could arrive */
  excusedMs: number;
  /** ms without a status of the gateway while states could arrive, since the centre started at most */
  quietMs: number;
  online: boolean;
  status: GatewayStatus | undefined;
  /** when that status came, ms since 1970 */
  arrived: number;
  /** the latest status that looked older, and how many in a row went on from it */
  rival: { readonly status: GatewayStatus; readonly inRow: number } | undefined;
  /** the cursors of the newest status, and cursors that wait until the events below them are handled */
  newest: Cursors;
  settling: Cursors | undefined;
  /** cursors below which no event is on its way any more */
  settled: Settled | undefined;
}

interface Cursors extends Settled {
  /** ms of the monotonic clock */
  readonly since: number;
}

const maxListeners = 100;

export class GatewayDirectory implements Part {
  readonly #clock: Clock;
  readonly #maxGateways: number;
  readonly #handledAt: () => number | undefined;
  readonly #canReceive: () => boolean;
  readonly #entries = new Map<string, Entry>();
  readonly #listeners = new Set<(gateway: KnownGateway) => void>();
  #timer: Timer | undefined;
  #refused = 0;
  #sweptAt: number;

  constructor(options: GatewayDirectoryOptions) {
    this.#clock = options.clock;
    this.#maxGateways = options.maxGateways ?? 100_000;
    this.#handledAt = options.handledAt ?? (() => options.clock.uptime());
    this.#canReceive = options.canReceive ?? (() => true);
    this.#sweptAt = options.clock.uptime();
  }

  /** Watches for gateways that fall silent. */
  async start(): Promise<void> {
    if (this.#timer === undefined) this.#armSweep();
  }

  async stop(): Promise<void> {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  /**
   * Applies a status. `arrived`: when the centre got it, ms since 1970; with Kafka the record's own timestamp, so a status
   * that is read again at a start is no contact. Returns whether it is the newest; an older one counts as contact only.
   */
  applyStatus(whole: GatewayStatus, arrived = this.#clock.now()): boolean {
    // the status of one gateway must neither fill the memory nor end the stream of a page that gets it
    const status = boundedStatus(whole);
    const entry = this.#entryOf(status.gateway, status.site);
    if (entry === undefined) return false;
    const newest = counts(entry, status, arrived);
    if (newest) {
      entry.arrived = arrived;
      entry.status = status;
      entry.site = status.site;
      entry.rival = undefined;
      entry.newest = { lanes: status.lanes, arrived, since: this.#clock.uptime() };
      this.#settle(entry);
    }
    const contactAt = this.#clock.uptime() - Math.max(0, this.#clock.now() - arrived);
    entry.lastContactAt = Math.max(entry.lastContactAt ?? contactAt, contactAt);
    entry.excusedMs = Math.min(entry.excusedMs, this.#clock.uptime() - entry.lastContactAt);
    const wasOnline = entry.online;
    entry.online = this.#isOnline(entry);
    if (entry.online) entry.quietMs = 0;
    if (newest || entry.online !== wasOnline) this.#notifyListeners(status.gateway, entry);
    return newest;
  }

  /** A gateway that the history knows and that has not reported since the centre started. */
  remember(gateway: string, site: string): void {
    const entry = this.#entryOf(gateway, site);
    if (entry !== undefined && entry.site === '') entry.site = site;
  }

  /**
   * How long each silent gateway has been silent while its states could have arrived, ms, since this centre started at most.
   */
  silences(): ReadonlyMap<string, number> {
    const silent = [...this.#entries].filter(([, { online }]) => !online);
    return new Map(silent.map(([gateway, { quietMs }]) => [gateway, quietMs]));
  }

  get(gateway: string): KnownGateway | undefined {
    const entry = this.#entries.get(gateway);
    return entry === undefined ? undefined : this.#view(gateway, entry);
  }

  /**
   * The cursors of the gateway's last status that Kafka was read past: an event below them that the history lacks is
   * missing, not late. Undefined while there is no such status, and for an unknown gateway.
   */
  settled(gateway: string): Settled | undefined {
    const entry = this.#entries.get(gateway);
    if (entry === undefined) return undefined;
    this.#settle(entry);
    return entry.settled;
  }

  /** All gateways, in the order of their ids. */
  all(): readonly KnownGateway[] {
    return [...this.#entries]
      .map(([gateway, entry]) => this.#view(gateway, entry))
      .sort((a, b) => (a.gateway < b.gateway ? -1 : 1));
  }

  /** The sites of the gateways, by id. */
  sites(): readonly KnownSite[] {
    const sites = new Map<string, { gateways: string[]; online: number }>();
    for (const { gateway, site, online } of this.all()) {
      if (site === '') continue;
      const known = sites.get(site) ?? { gateways: [], online: 0 };
      known.gateways.push(gateway);
      if (online) known.online++;
      sites.set(site, known);
    }
    return [...sites].map(([site, known]) => ({ site, ...known })).sort((a, b) => (a.site < b.site ? -1 : 1));
  }

  /** Statuses of gateways beyond `maxGateways`. */
  get refused(): number {
    return this.#refused;
  }

  /** Calls `listener` at each new status and each change between online and offline. Returns how to stop it. */
  onChange(listener: (gateway: KnownGateway) => void): () => void {
    if (this.#listeners.size >= maxListeners) throw new RangeError(`more than ${maxListeners} listeners`);
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #entryOf(gateway: string, site: string): Entry | undefined {
    const known = this.#entries.get(gateway);
    if (known !== undefined) return known;
    if (this.#entries.size >= this.#maxGateways) {
      this.#refused++;
      return undefined;
    }
    const entry: Entry = {
      site,
      lastContactAt: undefined,
      excusedMs: 0,
      quietMs: 0,
      online: false,
      status: undefined,
      arrived: Number.NEGATIVE_INFINITY,
      rival: undefined,
      newest: { lanes: [], arrived: Number.NEGATIVE_INFINITY, since: this.#clock.uptime() },
      settling: undefined,
      settled: undefined,
    };
    this.#entries.set(gateway, entry);
    return entry;
  }

  /** Keeps one older status until it is settled, so that newer ones cannot delay it for ever. */
  #settle(entry: Entry): void {
    const handledAt = this.#handledAt() ?? Number.NEGATIVE_INFINITY;
    for (const cursors of [entry.settling, entry.newest])
      if (cursors !== undefined && cursors.since <= handledAt) {
        entry.settled = cursors;
        entry.settling = undefined;
      }
    entry.settling ??= entry.newest;
  }

  #isOnline(entry: Entry): boolean {
    // over a metered link its state comes less often, and the state says how often
    const everyMs = Math.min(entry.status?.everyMs ?? 0, longestEveryMs);
    const withinMs = Math.max(onlineWithinMs, everyMs * missedStates);
    return (
      entry.lastContactAt !== undefined && this.#clock.uptime() - entry.lastContactAt - entry.excusedMs <= withinMs
    );
  }

  #armSweep(): void {
    this.#timer = this.#clock.after(sweepMs, () => {
      this.#armSweep();
      const now = this.#clock.uptime();
      const [passedMs, canReceive] = [now - this.#sweptAt, this.#canReceive()];
      this.#sweptAt = now;
      for (const [gateway, entry] of this.#entries) {
        if (!canReceive) entry.excusedMs += passedMs;
        // a centre whose process was stopped for a while has received no states
        else if (!entry.online) entry.quietMs += Math.min(passedMs, 2 * sweepMs);
        if (!entry.online || this.#isOnline(entry)) continue;
        entry.online = false;
        this.#notifyListeners(gateway, entry);
      }
    });
  }

  #view(gateway: string, entry: Entry): KnownGateway {
    const { site, lastContactAt: heardAt, status } = entry;
    const lastContact =
      heardAt === undefined ? undefined : Math.round(this.#clock.now() - (this.#clock.uptime() - heardAt));
    return { gateway, site, lastContact, status, online: this.#isOnline(entry) };
  }

  #notifyListeners(gateway: string, entry: Entry): void {
    const view = this.#view(gateway, entry);
    for (const listener of this.#listeners) listener(view);
  }
}

/** Whether a status is the newest one of its gateway. */
function counts(entry: Entry, status: GatewayStatus, arrived: number): boolean {
  const before = entry.status;
  if (before === undefined) return true;
  if (before.instance !== status.instance) return arrived >= entry.arrived;
  return isNewer(status, before) || hasBegunAgain(entry, status, arrived);
}

function isNewer(a: GatewayStatus, b: GatewayStatus): boolean {
  return a.starts !== b.starts ? a.starts > b.starts : a.counter > b.counter;
}

/** Notes a status that looks older. True where it and those before it show that the gateway has begun again. */
function hasBegunAgain(entry: Entry, status: GatewayStatus, arrived: number): boolean {
  if (arrived < entry.arrived) return false;
  const before = entry.rival;
  if (before !== undefined && !isNewer(status, before.status)) return false;
  const inRow = before?.status.starts === status.starts ? before.inRow + 1 : 1;
  entry.rival = { status, inRow };
  return inRow >= provenAfter;
}
