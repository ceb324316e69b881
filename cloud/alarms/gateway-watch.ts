/**
 * Raises alarms that a gateway cannot raise itself: a silent gateway, and problems in its last state or its ledger (a full
 * disk, a clock out of sync, a broken link, missing events).
 *
 *   each `checkEveryMs`, of every gateway that is in service:
 *     no status for `silentAfterMs` of connection ──► alarm `silent` ── status ──► cleared
 *        └── more than `mostAlone` of them at once ──► one alarm of the centre for all ── none is silent ──► cleared
 *     its state says so for the time of that kind ──► alarm `storage`, `clock`, `link` ── it says otherwise ──► cleared
 *     its ledger, some gateways at each check ──► alarm `missing` ── nothing is missing ──► cleared
 *   a gap record of events that never had a number, or of an unknown end ──► alarm `lost`, for an hour
 *
 * Always: time in which the centre could receive nothing does not count as silence (gateways/directory.ts), and neither
 * does the time before the centre started. A gateway that was silent for a week at the start raises no alarm. A gateway out
 * of service raises no alarm, and its alarms are cleared. The alarms stand in the registry (centre-alarms.ts): they outlive
 * a restart, and people are notified once, however many centres find them.
 */
import type { Clock, Timer } from '@forpost/shared/clock.ts';
import { messageOf } from '@forpost/shared/errors.ts';
import { eventTypes, type ForpostEvent } from '@forpost/shared/event/event.ts';
import type { GatewayStatus } from '@forpost/shared/event/status.ts';
import type { Part } from '@forpost/shared/lifecycle.ts';
import type { Logger } from '@forpost/shared/logging.ts';
import { isKnown, sentenceFields } from '@forpost/shared/texts/english.ts';
import type { Message } from '@forpost/shared/texts/message.ts';
import { recognisedOr } from '@forpost/shared/texts/recognise.ts';
import { message } from '@forpost/shared/texts/texts.ts';
import type { GatewayDirectory, KnownGateway } from '../gateways/directory.ts';
import type { CentreFinding } from './centre-alarm.ts';
import type { CentreAlarms } from './centre-alarms.ts';

/** How long each condition may last before it raises an alarm, ms. */
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

/** Converts the seconds of cloud.yaml; missing values have their defaults. */
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
  /** number of missing events by the gateway's ledger; undefined = unknown now. May reject */
  readonly missing: (gateway: string) => Promise<{ readonly alerts: number; readonly telemetry: number } | undefined>;
  readonly times?: Partial<WatchTimes>;
  readonly clock: Clock;
  readonly logger: Logger;
}

const checkEveryMs = 10_000;
/** Up to this number, gateways that fall silent together raise one alarm each. More have one cause, such as a network, and one alarm. */
const mostAlone = 5;
const togetherMs = 60_000;
/** A gateway that was silent for this long at the start raises no alarm. */
const owedForMs = 7 * 86_400_000;
const ledgersPerCheck = 5;
const lostHoldsForMs = 3_600_000;
const groupUpdateEveryMs = 60_000;
const namesInSentence = 3;
/** stands for the gateway in an alarm about many gateways */
const centreName = 'centre';

export class GatewayWatch implements Part {
  readonly #options: GatewayWatchOptions;
  readonly #times: WatchTimes;
  /** by gateway and kind: since when its state says so, ms of the monotonic clock */
  readonly #since = new Map<string, number>();
  /** silent gateways whose alarm was raised here; its record may not be written yet */
  readonly #alarmed = new Set<string>();
  /** silent gateways that share one alarm */
  readonly #group = new Set<string>();
  /** when the alarms of single silent gateways were raised within the last `togetherMs` */
  #raised: number[] = [];
  #groupRaisedAt = Number.NEGATIVE_INFINITY;
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

  /** Raises an alarm for each gap record of events that are lost for good. */
  stored(events: readonly ForpostEvent[]): void {
    for (const event of events) {
      if (event.type !== eventTypes.gap) continue;
      const { from, to, lane, reason } = (event.data ?? {}) as Readonly<Record<string, unknown>>;
      if (to !== null && Number(to) >= Number(from)) continue;
      if (this.#options.outOfService(event.gateway)) continue;
      const lost =
        typeof reason === 'string'
          ? message('centre/alarm.lost-why', { reason: recognisedOr(reason) })
          : message('centre/alarm.lost');
      this.#options.alarms.raise({
        gateway: event.gateway,
        site: event.site,
        kind: 'lost',
        holdsForMs: lostHoldsForMs,
        severity: lane === 'alerts' ? 'critical' : 'warning',
        ...sentenceFields(lost),
      });
    }
  }

  #arm(): void {
    this.#timer = this.#options.clock.after(checkEveryMs, () => {
      this.#arm();
      try {
        this.check();
      } catch (error) {
        this.#options.logger.error({ problem: messageOf(error) }, 'the gateways could not be checked');
      }
    });
  }

  /** Checks all gateways once; the timer calls it. */
  check(): void {
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
    this.#raiseSilent(fresh);
    this.#raiseGroup(all);
    if (!this.#counting) void this.#count(all);
  }

  #isNewlySilent({ gateway, online, lastContact }: KnownGateway, silentMs: number | undefined): boolean {
    const { alarms, clock } = this.#options;
    if (online) {
      this.#group.delete(gateway);
      this.#alarmed.delete(gateway);
      alarms.clear(gateway, 'silent', message('centre/alarm.silent-over'));
      return false;
    }
    if (silentMs === undefined || silentMs < this.#times.silentAfterMs) return false;
    if (this.#group.has(gateway) || this.#alarmed.has(gateway)) return false;
    if (lastContact === undefined || clock.now() - lastContact > owedForMs) return false;
    return alarms.of(gateway, 'silent')?.active !== true;
  }

  #raiseSilent(fresh: readonly KnownGateway[]): void {
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
      this.#alarmed.add(gateway);
      const name = status?.name ?? gateway;
      const sentence = sentenceFields(message('centre/alarm.silent', { name }));
      alarms.raise({ gateway, site, kind: 'silent', severity: 'critical', ...sentence });
    }
  }

  #raiseGroup(all: readonly KnownGateway[]): void {
    const { alarms, clock } = this.#options;
    const now = clock.uptime();
    if (this.#group.size === 0) {
      // soon after a start no gateway has been silent for long enough
      if (now - this.#startedAt > this.#times.silentAfterMs + 2 * checkEveryMs)
        alarms.clear(centreName, 'silent', message('centre/alarm.silent-together-over'));
      return;
    }
    const active = alarms.of(centreName, 'silent')?.active === true;
    if (active && now - this.#groupRaisedAt < groupUpdateEveryMs) return;
    this.#groupRaisedAt = now;
    const names = all
      .filter(({ gateway }) => this.#group.has(gateway))
      .map(({ gateway, status }) => status?.name ?? gateway);
    const more = names.length - namesInSentence;
    const first = names.slice(0, namesInSentence).join(', ');
    const some = more > 0 ? message('centre/alarm.names-more', { names: first, count: more }) : first;
    const sentence = sentenceFields(message('centre/alarm.silent-together', { count: names.length, names: some }));
    alarms.raise({ gateway: centreName, site: '', kind: 'silent', severity: 'critical', ...sentence });
  }

  /** The problems in the state of a gateway that is not silent. */
  #judge({ gateway, site }: KnownGateway, status: GatewayStatus): void {
    const { clockAfterMs, linkAfterMs } = this.#times;
    const { storageProblem = '' } = status;
    const about = { gateway, site };
    this.#hold(
      {
        ...about,
        kind: 'storage',
        severity: 'critical',
        ...sentenceFields(message('centre/alarm.storage', { problem: recognisedOr(storageProblem) })),
      },
      storageProblem === '' ? undefined : 0,
      message('centre/alarm.storage-over'),
    );
    this.#hold(
      {
        ...about,
        kind: 'clock',
        severity: 'warning',
        ...sentenceFields(message('centre/alarm.clock')),
      },
      status.clock === 'synced' ? undefined : clockAfterMs,
      message('centre/alarm.clock-over'),
    );
    const broken = status.uplinks.filter(
      ({ state, silentSince }) => state === 'offline' || state === 'probing' || silentSince !== undefined,
    );
    const links = broken.map(({ sink, reason, reasonI18n }) =>
      reason === '' ? sink : message('centre/alarm.link-why', { sink, reason: knownOr(reasonI18n, reason) }),
    );
    this.#hold(
      {
        ...about,
        kind: 'link',
        severity: 'warning',
        ...sentenceFields(message('centre/alarm.link', { links: { list: links } })),
      },
      broken.length === 0 ? undefined : linkAfterMs,
      message('centre/alarm.link-over'),
    );
  }

  /** `afterMs`: how long the condition may last; undefined: it does not hold. */
  #hold(finding: CentreFinding, afterMs: number | undefined, cleared: Message): void {
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
    this.#alarmed.delete(gateway);
    for (const kind of ['silent', 'storage', 'clock', 'link', 'missing', 'lost']) {
      this.#since.delete(`${gateway}/${kind}`);
      this.#options.alarms.clear(gateway, kind, message('centre/alarm.out-of-service'));
    }
  }

  /** The ledgers of some gateways, in turn. */
  async #count(all: readonly KnownGateway[]): Promise<void> {
    const { missing, alarms, outOfService, logger } = this.#options;
    this.#counting = true;
    for (let i = 0; i < Math.min(ledgersPerCheck, all.length); i++) {
      const known = all[this.#turn++ % all.length];
      if (known === undefined || outOfService(known.gateway)) continue;
      const { gateway, site } = known;
      try {
        const found = await missing(gateway);
        if (found === undefined) continue;
        const lanes = [...(found.alerts > 0 ? ['alerts'] : []), ...(found.telemetry > 0 ? ['telemetry'] : [])];
        const sentence = sentenceFields(message('centre/alarm.missing', { lanes: { list: lanes } }));
        const severity = found.alerts > 0 ? 'critical' : 'warning';
        if (lanes.length > 0) alarms.raise({ gateway, site, kind: 'missing', severity, ...sentence });
        else alarms.clear(gateway, 'missing', message('centre/alarm.missing-over'));
      } catch (error) {
        logger.debug({ gateway, problem: messageOf(error) }, 'a ledger could not be counted');
      }
    }
    this.#counting = false;
  }
}

/** A gateway's message, else the message of its words, else the words. */
function knownOr(text: Message | undefined, words: string): Message | string {
  return text !== undefined && isKnown(text) ? text : recognisedOr(words);
}
