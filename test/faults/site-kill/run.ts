/**
 * Kills a gateway at one call that changes its disk, starts it again and judges it.
 *
 *   seed ─► procedure and number of the call ─► box copied ─► act, killed ─► next start ─► judged
 *
 * Always: consecutive seeds walk through the procedures in turn, and in strides through the calls of each, so that few runs
 * are spread over all calls and enough runs reach each; a procedure without a kill counts its calls first; the gateway has
 * ended when `run` returns or throws.
 */
import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePorts } from '../../harness/ports.ts';
import { KilledGateway, type Ports } from './killed-gateway.ts';
import { restoreAdopting, restoreStaging } from './page-restore.ts';
import { pairing } from './pairing.ts';
import type { Procedure, Verdict } from './procedure.ts';
import { siteChange } from './site-change.ts';

export const procedures: readonly Procedure[] = [
  pairing('own'),
  siteChange,
  restoreStaging(),
  restoreAdopting(),
  pairing('made'),
];

export interface KillOutcome extends Verdict {
  readonly procedure: string;
  /** the call before which the process was killed; undefined: it was not reached */
  readonly call: string | undefined;
}

interface Prepared {
  readonly template: string;
  /** its calls without a kill */
  readonly calls: readonly string[];
}

export class SiteKills {
  readonly folder = mkdtempSync(join(tmpdir(), 'forpost-site-kill-'));
  readonly #prepared = new Map<string, Prepared>();
  #ports: Ports | undefined;

  /** Number of calls of a procedure, where it was prepared; 0: it was not. */
  callsOf(name: string): number {
    return this.#prepared.get(name)?.calls.length ?? 0;
  }

  async run(seed: number): Promise<KillOutcome> {
    const procedure = procedures[(seed - 1) % procedures.length];
    if (procedure === undefined) throw new RangeError(`no procedure for seed ${seed}`);
    const { template, calls } = await this.#prepare(procedure);
    const turn = Math.floor((seed - 1) / procedures.length);
    const at = ((turn * strideOf(calls.length)) % calls.length) + 1;
    const gateway = await this.#copy(template, `run-${seed}`);
    try {
      await procedure.act(gateway, { at, only: procedure.only });
      const made = gateway.calls();
      const call = made.length >= at ? made[at - 1] : undefined;
      await (call === undefined ? gateway.stop() : gateway.ended());
      await gateway.start();
      return { procedure: procedure.name, call, ...(await procedure.judge(gateway)) };
    } finally {
      await gateway.stop();
    }
  }

  /** Removes the folder of a run that was good. */
  tidy(seed: number): void {
    rmSync(join(this.folder, `run-${seed}`), { recursive: true, force: true });
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  async #prepare(procedure: Procedure): Promise<Prepared> {
    const known = this.#prepared.get(procedure.name);
    if (known !== undefined) return known;
    const template = join(this.folder, procedure.name, 'box');
    mkdirSync(template, { recursive: true });
    await procedure.prepare(template, await this.#freePorts());
    const gateway = await this.#copy(template, `${procedure.name}-uninterrupted`);
    try {
      await procedure.act(gateway, { at: 0, only: procedure.only });
    } finally {
      await gateway.stop();
    }
    const prepared = { template, calls: gateway.calls() };
    if (prepared.calls.length === 0) throw new Error(`${procedure.name} makes no call`);
    this.#prepared.set(procedure.name, prepared);
    return prepared;
  }

  async #freePorts(): Promise<Ports> {
    if (this.#ports === undefined) {
      const [mqtt = 0, http = 0] = await freePorts(2);
      this.#ports = { mqtt, http };
    }
    return this.#ports;
  }

  async #copy(template: string, name: string): Promise<KilledGateway> {
    const folder = join(this.folder, name);
    cpSync(template, folder, { recursive: true });
    return new KilledGateway(folder, await this.#freePorts());
  }
}

/** About five eighths of the calls, without a common divisor with their number. */
function strideOf(calls: number): number {
  const divisor = (a: number, b: number): number => (b === 0 ? a : divisor(b, a % b));
  let stride = Math.max(1, Math.round(calls * 0.618));
  while (divisor(calls, stride) !== 1) stride++;
  return stride;
}
