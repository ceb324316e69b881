/**
 * The health of the machine that the gateway runs on: temperature, power, load, memory, disk, network.
 *
 *   probe process ── reading ──► trend of the disk ──► judged ──► alarms that begin or end ──► own events
 *                                                         └──► status (page, centre), metrics
 *
 * Always: the main thread reads nothing of the machine and waits for nothing: the probe process does
 * (probe-process.ts). If the machine cannot be read, every part is unknown and none is well. This class keeps one
 * reading and the trend.
 */

import type { Clock, Uptime } from '@forpost/shared/clock.ts';
import { rfc3339 } from '@forpost/shared/event/codec.ts';
import type { DeviceId } from '@forpost/shared/event/ids.ts';
import type { HostStatus } from '@forpost/shared/event/status.ts';
import type { Part } from '@forpost/shared/lifecycle.ts';
import type { Logger } from '@forpost/shared/logging.ts';
import type { Words } from '@forpost/shared/texts/english.ts';
import { words } from '@forpost/shared/texts/english.ts';
import { recognise } from '@forpost/shared/texts/recognise.ts';
import { message } from '@forpost/shared/texts/texts.ts';
import type { ActiveAlarm } from '../../alerts/alarm.ts';
import { hostRule } from '../../rules/own-rules.ts';
import type { AlarmTransition, AlarmWords } from '../../rules/rule.ts';
import type { HostCondition } from './conditions.ts';
import { forecast } from './disk-trend.ts';
import { hostProblems, hostStatus } from './host-status.ts';
import { type HostChange, type HostState, initialState, judged } from './judge.ts';
import { ProbeProcess, type ProbeProcessOptions } from './probe-process.ts';
import { type HostReading, hostParts, known } from './reading.ts';
import type { HostLimits } from './settings.ts';
import { TrendFile } from './trend-file.ts';

export interface HostHealthOptions {
  /** the data folder */
  readonly folder: string;
  /** path of the file with the disk's trend */
  readonly file: string;
  readonly limits: HostLimits;
  /** the gateway's id, and its name for people */
  readonly gateway: string;
  readonly name: string;
  /** texts in the site's language, which may change */
  readonly words: () => AlarmWords;
  /** bytes of the gateway's own stores: they have limits, so the trend leaves them out */
  readonly ownBytes: () => number;
  /** the active alarms, read once at the start */
  readonly active: () => readonly ActiveAlarm[];
  readonly alarm: (transitions: readonly AlarmTransition[]) => void;
  readonly clock: Clock;
  readonly logger: Logger;
  /** default: ProbeProcess */
  readonly createProbe?: (options: ProbeProcessOptions) => Pick<ProbeProcess, 'start' | 'stop'>;
}

/** The newest reading, for the metrics. */
export interface HostSnapshot {
  readonly reading: HostReading;
  /** ms since the reading */
  readonly ageMs: number;
  readonly daysLeft: number | undefined;
}

interface Newest {
  readonly reading: HostReading;
  readonly at: string;
  readonly uptime: Uptime;
  readonly daysLeft: number | undefined;
}

const overTexts = {
  temperature: 'alarm/host.cool',
  power: 'alarm/host.power',
  memory: 'alarm/host.memory',
  'disk-space': 'alarm/host.disk-space',
  'disk-filling': 'alarm/host.disk-filling',
  'disk-read-only': 'alarm/host.disk-writable',
  'disk-failing': 'alarm/host.disk-failing',
} as const satisfies Record<HostCondition, string>;

export class HostHealth implements Part {
  readonly #options: HostHealthOptions;
  readonly #trend: TrendFile;
  readonly #probe: Pick<ProbeProcess, 'start' | 'stop'>;
  #state: HostState = initialState();
  #newest: Newest | undefined;

  constructor(options: HostHealthOptions) {
    this.#options = options;
    const { clock, logger, folder, file, limits, createProbe } = options;
    this.#trend = new TrendFile({ file, clock, logger });
    const probe: ProbeProcessOptions = {
      folder,
      clock,
      logger,
      smart: limits.smart,
      everyMs: limits.every_s * 1000,
      onReading: (reading) => this.#noteReading(reading),
      onFailure: () => this.#noteReading(notRead()),
    };
    this.#probe = createProbe === undefined ? new ProbeProcess(probe) : createProbe(probe);
  }

  /** Begins to watch. With `enabled: false`, only clears the alarms from before the restart. */
  async start(): Promise<void> {
    const own = this.#options.active().filter(({ rule }) => rule === hostRule);
    this.#state = initialState(new Map(own.map(({ subject, message: sentence }) => [subject, sentence])));
    if (!this.#options.limits.enabled) {
      this.#options.alarm(own.map((alarm) => ({ ...alarm, change: 'cleared', ...this.#over(alarm.subject) })));
      return;
    }
    await this.#trend.start();
    this.#probe.start();
  }

  async stop(): Promise<void> {
    await this.#probe.stop();
    await this.#trend.stop();
  }

  /** undefined: the machine was not read yet, or is not watched. */
  status(): HostStatus | undefined {
    if (this.#newest === undefined) return undefined;
    const { limits, clock } = this.#options;
    const { reading, at, daysLeft } = this.#newest;
    const { since } = forecastSince(this.#trend);
    const trendSince = since === undefined ? undefined : rfc3339(clock.now() - (clock.uptime() - since));
    return hostStatus({ reading, state: this.#state, limits, daysLeft, at, trendSince });
  }

  snapshot(): HostSnapshot | undefined {
    if (this.#newest === undefined) return undefined;
    const { reading, uptime, daysLeft } = this.#newest;
    return { reading, daysLeft, ageMs: this.#options.clock.uptime() - uptime };
  }

  /** Problems that raise no alarm, a sentence each. */
  problems(): readonly Words[] {
    return this.#newest === undefined ? [] : hostProblems(this.#newest.reading, this.#options.limits);
  }

  #noteReading(reading: HostReading): void {
    const { clock, limits, ownBytes, alarm } = this.#options;
    const disk = known(reading.disk);
    if (disk !== undefined) this.#trend.note(disk.total - disk.available - ownBytes(), disk.total);
    const { daysLeft } = disk === undefined ? {} : forecast(this.#trend.trend, disk.available);
    const uptime = clock.uptime();
    this.#newest = { reading, at: rfc3339(clock.now()), uptime, daysLeft };
    const { state, changes } = judged(this.#state, reading, daysLeft, limits, uptime);
    this.#state = state;
    if (changes.length > 0) alarm(changes.map((change) => this.#transition(change)));
  }

  #transition({ change, condition, sentence, value }: HostChange): AlarmTransition {
    const { gateway, name, words: texts, clock } = this.#options;
    const raised = message('alarm/host.raised', { gateway: name, reason: recognise(sentence) ?? sentence });
    return {
      change,
      rule: hostRule,
      device: gateway as DeviceId,
      subject: condition.id,
      severity: condition.severity,
      category: 'gateway',
      test: false,
      cause: condition.cause,
      ...(value === undefined ? {} : { value }),
      time: clock.now(),
      ...(change === 'raised'
        ? { message: texts().say(raised, `${name}: ${sentence}`), messageI18n: raised }
        : this.#over(condition.id)),
    };
  }

  /** The message that clears an alarm. `subject`: a condition of this version or of another one. */
  #over(subject: string): Pick<AlarmTransition, 'message' | 'messageI18n' | 'time'> {
    const { name, words: texts, clock } = this.#options;
    const key = Object.hasOwn(overTexts, subject) ? overTexts[subject as HostCondition] : 'alarm/host.not-watched';
    const over = this.#options.limits.enabled
      ? message(key, { gateway: name })
      : message('alarm/host.not-watched', { gateway: name });
    return { message: texts().say(over, name), messageI18n: over, time: clock.now() };
  }
}

function forecastSince({ trend }: TrendFile): { readonly since?: Uptime } {
  return forecast(trend, 0);
}

/** A reading with every part unknown. */
function notRead(): HostReading {
  const unknown = { unknown: words('gateway/reason.host-not-read') };
  return Object.fromEntries(hostParts.map((part) => [part, unknown])) as unknown as HostReading;
}
