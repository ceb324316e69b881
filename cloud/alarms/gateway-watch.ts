/**
 * What the centre itself raises about its gateways, because they cannot or do not: that a gateway is silent, and what its
 * last state or its ledger tells of (a full disk, a clock out of sync, a broken link, missing events).
 *
 *   each `lookEveryMs`, of every gateway that is in service:
 *     silent for `silentAfterMs` of hearing ──► alarm `silent` ── heard of ──► cleared
 *        └── more than `mostAlone` of them at once ──► one alarm of the centre for all ── none is silent ──► cleared
 *     its state says so for the time of that kind ──► alarm `storage`, `clock`, `link` ── it says otherwise ──► cleared
 *     its ledger, some gateways a look in turn ──► alarm `missing` ── nothing is missing ──► cleared
 *   a gap record of events that never had a number, or of an unknown end ──► alarm `lost`, for an hour
 *
 * Always: time in which the centre could hear nobody counts for no gateway (gateways/directory.ts), nor does the time
 * before the centre started; who was silent for a week when it started is no news; a gateway out of service raises
 * nothing, and what it had raised is cleared. The alarms themselves are the registry's (centre-alarms.ts): they outlive
 * a restart and are told once, however many centres find them.
 */
import type { Clock, Timer } from '@forpost/shared/clock.ts';
import { messageOf } from '@forpost/shared/errors.ts';
import { eventTypes, type ForpostEvent } from '@forpost/shared/event/event.ts';
import type { GatewayStatus } from '@forpost/shared/event/status.ts';
import type { Part } from '@forpost/shared/lifecycle.ts';
import type { Logger } from '@forpost/shared/logging.ts';
import type { GatewayDirectory, KnownGateway } from '../gateways/directory.ts';
import type { CentreAlarms, CentreFinding } from './centre-alarms.ts';

/** How long each thing may last before it is an alarm, ms. */
export interface WatchTimes {
  readonly silentAfterMs: number;
  readonly clockAfterMs: number;
  readonly linkAfterMs: number;
}

const defaultWatchTimes: WatchTimes = {
  silentAfterMs: 5 * 60_000,
  clockAfterMs: 60 * 60_000,
  linkAfterMs: 15 * 60_000,
};

/** From seconds of the centre's file; what is not named has its default. */
export function watchTimes(
  seconds: { readonly silent_after_s?: number; readonly clock_after_s?: number; readonly link_after_s?: number } = {},
): Partial<WatchTimes> {
  const { silent_after_s: silent, clock_after_s: clock, link_after_s: link } = seconds;
  return {
    ...(silent === undefined ? {} : { silentAfterMs: silent * 1000 }),
    ...(clock === undefined ? {} : { clockAfterMs: clock * 1000 }),
    ...(link === undefined ? {} : { linkAfterMs: link * 1000 }),
  };
}

export interface GatewayWatchOptions {
  readonly gateways: Pick<GatewayDirectory, 'all' | 'silences'>;
  readonly alarms: Pick<CentreAlarms, 'raise' | 'clear' | 'of'>;
  /** taken out of service by staff */
  readonly outOfService: (gateway: string) => boolean;
  /** events that are missing by its ledger; undefined: nobody knows now. It may reject */
  readonly missing: (gateway: string) => Promise<{ readonly alerts: number; readonly telemetry: number } | undefined>;
  readonly times?: Partial<WatchTimes>;
  readonly clock: Clock;
  readonly logger: Logger;
}

const lookEveryMs = 10_000;
/** So many gateways that fall silent together are so many alarms; more of them are one line, or one Kafka. */
const mostAlone = 5;
const togetherMs = 60_000;
/** A gateway that was silent for this long at the start raises no alarm. */
const owedForMs = 7 * 86_400_000;
const ledgersALook = 5;
const lostHoldsForMs = 3_600_000;
const groupWordsEveryMs = 60_000;
const namesInSentence = 3;
/** as the gateway of what is about many of them */
const centreName = 'centre';

export class GatewayWatch implements Part {
  readonly #options: GatewayWatchOptions;
  readonly #times: WatchTimes;
  /** by gateway and kind: since when its state says so, ms of the monotonic clock */
  readonly #since = new Map<string, number>();
  /** silent ones whose alarm was raised here; its record may not be written yet */
  readonly #told = new Set<string>();
  /** silent ones that are told of together */
  readonly #group = new Set<string>();
  /** when each alarm of one silent gateway was raised, of the last `togetherMs` */
  #raised: number[] = [];
  #groupToldAt = Number.NEGATIVE_INFINITY;
  #timer: Timer | undefined;
  #startedAt = 0;
  #turn = 0;
  #counting = false;

  constructor(options: GatewayWatchOptions) {
    this.#options = options;
    this.#times = { ...defaultWatchTimes, ...options.times };
  }

  async start(): Promise<void> {
    this.#startedAt = this.#options.clock.uptime();
    this.#arm();
  }

  async stop(): Promise<void> {
    this.#timer?.cancel();
  }

  /** These are in the history. */
  stored(events: readonly ForpostEvent[]): void {
    for (const event of events) {
      if (event.type !== eventTypes.gap) continue;
      const { from, to, lane, reason } = (event.data ?? {}) as Readonly<Record<string, unknown>>;
      if (to !== null && Number(to) >= Number(from)) continue;
      if (this.#options.outOfService(event.gateway)) continue;
      const why = typeof reason === 'string' ? `: ${reason}` : '';
      this.#options.alarms.raise({
        ...{ gateway: event.gateway, site: event.site, kind: 'lost', holdsForMs: lostHoldsForMs },
        severity: lane === 'alerts' ? 'critical' : 'warning',
        message: `The gateway has lost events that nobody can bring back${why}`,
      });
    }
  }

  #arm(): void {
    this.#timer = this.#options.clock.after(lookEveryMs, () => {
      this.#arm();
      try {
        this.look();
      } catch (error) {
        this.#options.logger.error({ problem: messageOf(error) }, 'the gateways could not be looked at');
      }
    });
  }

  /** One look at all gateways; called by itself. */
  look(): void {
    const { gateways, outOfService } = this.#options;
    const all = gateways.all();
    const silences = gateways.silences();
    const fresh: KnownGateway[] = [];
    for (const gateway of all) {
      if (outOfService(gateway.gateway)) {
        this.#retire(gateway.gateway);
        continue;
      }
      if (this.#isNewlySilent(gateway, silences.get(gateway.gateway))) fresh.push(gateway);
      if (gateway.online && gateway.status !== undefined) this.#judge(gateway, gateway.status);
    }
    this.#tellSilent(fresh);
    this.#tellGroup(all);
    if (!this.#counting) void this.#count(all);
  }

  #isNewlySilent({ gateway, online, lastContact }: KnownGateway, silentMs: number | undefined): boolean {
    const { alarms, clock } = this.#options;
    if (online) {
      this.#group.delete(gateway);
      this.#told.delete(gateway);
      alarms.clear(gateway, 'silent', 'The gateway reports again');
      return false;
    }
    if (silentMs === undefined || silentMs < this.#times.silentAfterMs) return false;
    if (this.#group.has(gateway) || this.#told.has(gateway)) return false;
    if (lastContact === undefined || clock.now() - lastContact > owedForMs) return false;
    return alarms.of(gateway, 'silent')?.active !== true;
  }

  #tellSilent(fresh: readonly KnownGateway[]): void {
    const { alarms, clock } = this.#options;
    const now = clock.uptime();
    this.#raised = this.#raised.filter((at) => now - at < togetherMs);
    const together = alarms.of(centreName, 'silent')?.active === true || this.#raised.length + fresh.length > mostAlone;
    for (const { gateway, site, status } of fresh) {
      if (together) {
        this.#group.add(gateway);
        continue;
      }
      this.#raised.push(now);
      this.#told.add(gateway);
      const name = status?.name ?? gateway;
      const message = `The gateway ${name} is silent: what happens on its site is not known here`;
      alarms.raise({ gateway, site, kind: 'silent', severity: 'critical', message });
    }
  }

  #tellGroup(all: readonly KnownGateway[]): void {
    const { alarms, clock } = this.#options;
    const now = clock.uptime();
    if (this.#group.size === 0) {
      // after a start nobody has been silent long enough to be known
      if (now - this.#startedAt > this.#times.silentAfterMs + 2 * lookEveryMs)
        alarms.clear(centreName, 'silent', 'All gateways that were silent together report again');
      return;
    }
    const active = alarms.of(centreName, 'silent')?.active === true;
    if (active && now - this.#groupToldAt < groupWordsEveryMs) return;
    this.#groupToldAt = now;
    const names = all
      .filter(({ gateway }) => this.#group.has(gateway))
      .map(({ gateway, status }) => status?.name ?? gateway);
    const more = names.length - namesInSentence;
    const some = `${names.slice(0, namesInSentence).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
    const message = `${names.length} gateways are silent together (${some}): look for what they share, a line or a Kafka`;
    alarms.raise({ gateway: centreName, site: '', kind: 'silent', severity: 'critical', message });
  }

  /** What a gateway that is heard of says of itself. */
  #judge({ gateway, site }: KnownGateway, status: GatewayStatus): void {
    const { clockAfterMs, linkAfterMs } = this.#times;
    const { storageProblem = '' } = status;
    const about = { gateway, site };
    this.#hold(
      { ...about, kind: 'storage', severity: 'critical', message: `The gateway’s storage: ${storageProblem}` },
      storageProblem === '' ? undefined : 0,
      'The gateway’s storage is as it should be again',
    );
    this.#hold(
      {
        ...{ ...about, kind: 'clock', severity: 'warning' },
        message: 'The gateway’s clock has been out of sync for long: the times of its events may be wrong',
      },
      status.clock === 'synced' ? undefined : clockAfterMs,
      'The gateway’s clock is in sync again',
    );
    const broken = status.uplinks.filter(
      ({ state, silentSince }) => state === 'offline' || state === 'probing' || silentSince !== undefined,
    );
    const links = broken.map(({ sink, reason }) => `${sink}${reason === '' ? '' : ` (${reason})`}`).join(', ');
    this.#hold(
      { ...about, kind: 'link', severity: 'warning', message: `A link of the gateway does not work: ${links}` },
      broken.length === 0 ? undefined : linkAfterMs,
      'The gateway’s links work again',
    );
  }

  /** `afterMs`: how long it may be so; undefined: it is not. */
  #hold(finding: CentreFinding, afterMs: number | undefined, cleared: string): void {
    const { alarms, clock } = this.#options;
    const name = `${finding.gateway}/${finding.kind}`;
    if (afterMs === undefined) {
      this.#since.delete(name);
      alarms.clear(finding.gateway, finding.kind, cleared);
      return;
    }
    const since = this.#since.get(name) ?? clock.uptime();
    this.#since.set(name, since);
    if (clock.uptime() - since >= afterMs) alarms.raise(finding);
  }

  #retire(gateway: string): void {
    this.#group.delete(gateway);
    this.#told.delete(gateway);
    for (const kind of ['silent', 'storage', 'clock', 'link', 'missing', 'lost']) {
      this.#since.delete(`${gateway}/${kind}`);
      this.#options.alarms.clear(gateway, kind, 'The gateway was taken out of service');
    }
  }

  /** The ledgers of some gateways, in turn. */
  async #count(all: readonly KnownGateway[]): Promise<void> {
    const { missing, alarms, outOfService, logger } = this.#options;
    this.#counting = true;
    for (let i = 0; i < Math.min(ledgersALook, all.length); i++) {
      const known = all[this.#turn++ % all.length];
      if (known === undefined || outOfService(known.gateway)) continue;
      const { gateway, site } = known;
      try {
        const found = await missing(gateway);
        if (found === undefined) continue;
        const lanes = [...(found.alerts > 0 ? ['alerts'] : []), ...(found.telemetry > 0 ? ['telemetry'] : [])];
        const message = `Acknowledged events are missing at the centre (${lanes.join(' and ')}): the gateway’s card names them`;
        const severity = found.alerts > 0 ? 'critical' : 'warning';
        if (lanes.length > 0) alarms.raise({ gateway, site, kind: 'missing', severity, message });
        else alarms.clear(gateway, 'missing', 'Nothing of the gateway is missing any more');
      } catch (error) {
        logger.debug({ gateway, problem: messageOf(error) }, 'a ledger could not be counted');
      }
    }
    this.#counting = false;
  }
}
