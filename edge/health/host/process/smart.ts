/**
 * What a disk tells about itself, through `smartctl --json` of smartmontools (smartctl(8)), which is not required.
 *
 *   never asked, or asked 6 h ago ──► asked ── answer ──► kept for 6 h
 *                                            └── the disk sleeps ──► the answer before stays
 *
 * Always: a sleeping disk is not woken (`-n standby`); a disk without an answer is unknown, not healthy.
 */
import type { Clock } from '@forpost/shared/clock.ts';
import { words } from '@forpost/shared/texts/english.ts';
import type { StorageDisk } from '../reading.ts';
import type { Run } from './run.ts';

const everyMs = 6 * 3_600_000;

type SmartHealth = Pick<StorageDisk, 'usedLife' | 'spare' | 'failing' | 'unknown'>;

/** The part of smartctl's answer that is read. */
interface Answer {
  readonly smartctl?: { readonly messages?: readonly { readonly string?: unknown }[] };
  readonly smart_status?: { readonly passed?: unknown };
  /** smartmontools 7.4 and newer, for every kind of disk */
  readonly endurance_used?: { readonly current_percent?: unknown };
  readonly nvme_smart_health_information_log?: {
    /** NVM Express base specification, SMART / Health Information: any bit is a fault */
    readonly critical_warning?: unknown;
    readonly percentage_used?: unknown;
    readonly available_spare?: unknown;
    readonly available_spare_threshold?: unknown;
  };
}

export class Smart {
  readonly #run: Run;
  readonly #clock: Clock;
  readonly #kept = new Map<string, { readonly at: number; readonly health: SmartHealth }>();

  constructor(run: Run, clock: Clock) {
    this.#run = run;
    this.#clock = clock;
  }

  /** `name`: of a disk below /dev. */
  async of(name: string): Promise<SmartHealth> {
    const now = this.#clock.uptime();
    const kept = this.#kept.get(name);
    if (kept !== undefined && now - kept.at < everyMs) return kept.health;
    const output = await this.#run('smartctl', ['--json=c', '-n', 'standby', '-H', '-A', `/dev/${name}`]);
    const health = healthFrom(output) ?? kept?.health ?? { unknown: words('gateway/reason.host-disk-sleeps') };
    this.#kept.set(name, { at: now, health });
    return health;
  }
}

/** undefined: the disk sleeps. */
function healthFrom(output: string | undefined): SmartHealth | undefined {
  if (output === undefined) return { unknown: words('gateway/reason.host-no-smartctl') };
  let answer: Answer;
  try {
    answer = JSON.parse(output) as Answer;
  } catch {
    return { unknown: words('gateway/reason.host-smart-unread') };
  }
  const said = (answer.smartctl?.messages ?? []).map(({ string }) => String(string)).join('; ');
  if (/STANDBY|SLEEP/.test(said)) return undefined;
  const health = answer.nvme_smart_health_information_log;
  const used = percent(answer.endurance_used?.current_percent) ?? percent(health?.percentage_used);
  const passed = answer.smart_status?.passed;
  if (typeof passed !== 'boolean' && used === undefined) {
    // a service without access to devices does not even see the disk
    const why = /permission|denied|no such/i.test(said) ? words('gateway/reason.host-smart-rights') : undefined;
    return { unknown: why ?? words('gateway/reason.host-smart-unread') };
  }
  const spare = spareOf(health);
  const warned = typeof health?.critical_warning === 'number' && health.critical_warning !== 0;
  return {
    failing: passed === false || warned,
    ...(used === undefined ? {} : { usedLife: used }),
    ...(spare === undefined ? {} : { spare }),
  };
}

function percent(value: unknown): number | undefined {
  return typeof value === 'number' && value >= 0 && value <= 255 ? value / 100 : undefined;
}

function spareOf(health: Answer['nvme_smart_health_information_log']): SmartHealth['spare'] {
  const { available_spare: left, available_spare_threshold: least } = health ?? {};
  if (typeof left !== 'number' || typeof least !== 'number') return undefined;
  return left < least ? 'urgent' : 'normal';
}
