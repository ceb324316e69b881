/**
 * One replaced box: a gateway is backed up under load, killed (SIGKILL), and restored into an empty folder; then the old
 * box comes back.
 *
 *   meters publish ─► backup (command line, page) ─► more is acknowledged ─► kill -9 ─► restore ─► start ─► all meters back
 *     ─► history complete: judged ─► the old box starts: refused in words, and nothing of it gets in
 *
 * Always: the seed decides the way of the backup, whether the centre can be reached during the load, and the moment of the
 * kill; the processes have ended when `replacedBoxRun` returns or throws.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Releasers } from '@forpost/shared/lifecycle.ts';
import type { LedgerView } from '../../../cloud/ledger/schemas.ts';
import { TestProcess, until } from '../../harness/process.ts';
import { allEvents, TestSite } from '../../harness/site.ts';
import { Random } from '../simulation/random.ts';
import { backUpOverPage, forpost, pointOf } from './backup-ways.ts';
import { type Evidence, type Judgement, judge } from './judge.ts';
import { MeterLoad, makeMeters, overloadRule } from './meters.ts';
import { comeBack, type OldBox } from './old-box.ts';
import { eventsIn } from './outbox-file.ts';

export interface ReplacedBoxOptions {
  readonly seed: number;
  readonly meters?: number;
  /** keeps the folder of a good run too */
  readonly keep?: boolean;
}

export interface ReplacedBox extends Judgement, OldBox {
  readonly seed: number;
  readonly way: 'command line' | 'page';
  readonly centreDuringLoad: boolean;
  readonly backupMs: number;
  readonly backupMb: number;
  /** from the kill to the first reading that the restored box acknowledges */
  readonly replacedMs: number;
  /** of these, the command `forpost restore`, and the start of the gateway */
  readonly restoreMs: number;
  readonly startMs: number;
  /** from the start of the restored gateway until every meter had all its acknowledgements and the history was complete */
  readonly completeMs: number;
  readonly acknowledgedPerSecond: number;
  /** alarms of meters that the centre shows as active at the end, when all have sent a normal value */
  readonly alarmsLeft: number;
}

const gateway = 'test-gateway';
const usualMeters = 100;
const firstReadings = 1500;
const completeWithinMs = 120_000;

export async function replacedBoxRun(options: ReplacedBoxOptions): Promise<ReplacedBox> {
  const { seed, meters: count = usualMeters, keep = false } = options;
  const random = new Random(seed);
  const way = seed % 2 === 0 ? 'page' : 'command line';
  const centreDuringLoad = Math.floor(seed / 2) % 2 === 1;
  const releasers = new Releasers();
  const folder = mkdtempSync(join(tmpdir(), 'forpost-replaced-box-'));
  let isGood = false;
  try {
    const meters = makeMeters(count);
    const site = await TestSite.start({
      devices: meters.map(({ id }) => id),
      hashes: Object.fromEntries(meters.map(({ id, hash }) => [id, hash])),
      rules: [overloadRule],
      uplink: 'http',
      centre: centreDuringLoad,
    });
    releasers.add('site', () => site.stop());
    const load = new MeterLoad(meters, site.mqttPort, seed);
    releasers.add('load', () => load.close());
    await load.start();
    const began = performance.now();
    await load.moreAcknowledged(firstReadings + random.int(0, firstReadings));
    const acknowledgedPerSecond = (load.acknowledged.size / (performance.now() - began)) * 1000;

    const backup = await backUp(site, way, join(folder, 'box.tar.age'));
    await load.moreAcknowledged(random.int(20, 2000));
    const killedAt = performance.now();
    await site.gateway?.kill();
    await load.cutOff();
    const [byOldBox, underWay] = [new Set(load.acknowledged.keys()), load.unacknowledged];
    const oldBox = eventsIn(join(site.folder, 'gateway/outbox.db'), join(folder, 'old-outbox'));

    const times = await restore(site, backup.file, load, killedAt, join(folder, 'new-box'));
    await load.moreAcknowledged(500);
    await load.finish();
    if (!centreDuringLoad) await site.startCentre();
    const evidence = { acknowledged: load.acknowledged, byOldBox, underWay, pointAt: backup.pointAt, oldBox };
    const judgement = await complete(site, evidence, folder);
    const completeMs = performance.now() - killedAt - times.restoreMs;
    const alarmsLeft = await activeAlarms(site);
    const old = await comeBack(site, judgement.history, releasers);
    const problems = [...judgement.judged.problems, ...old.problems];
    isGood = problems.length === 0;
    return {
      ...judgement.judged,
      ...old,
      ...times,
      ...backup,
      problems,
      seed,
      way,
      centreDuringLoad,
      completeMs,
      acknowledgedPerSecond,
      alarmsLeft,
    };
  } finally {
    await releasers.releaseAll((what, problem) => process.stderr.write(`${what}: ${problem}\n`));
    if (isGood && !keep) rmSync(folder, { recursive: true, force: true });
    else process.stderr.write(`seed ${seed}: its files are in ${folder}\n`);
  }
}

interface Backup {
  readonly file: string;
  /** ms since 1970 */
  readonly pointAt: number;
  readonly backupMs: number;
  readonly backupMb: number;
}

async function backUp(site: TestSite, way: ReplacedBox['way'], file: string): Promise<Backup> {
  const from = performance.now();
  if (way === 'page') await backUpOverPage(site, file);
  else await forpost(['backup', file, '--config', join(site.folder, 'gateway.yaml')]);
  const backupMs = performance.now() - from;
  return { file, backupMs, ...(await pointOf(file)) };
}

async function restore(site: TestSite, file: string, load: MeterLoad, killedAt: number, folder: string) {
  const from = performance.now();
  await forpost(['restore', file, folder]);
  const restored = performance.now();
  const config = join(folder, 'gateway.yaml');
  site.gateway = await TestProcess.start('restored', ['forpost.mjs', 'gateway', '--config', config]);
  const startMs = performance.now() - restored;
  await load.moreAcknowledged(1);
  return { restoreMs: restored - from, startMs, replacedMs: performance.now() - killedAt };
}

/** Judges again and again until the history is complete, or the time is over. */
async function complete(site: TestSite, evidence: Omit<Evidence, 'newBox' | 'history'>, folder: string) {
  const outbox = join(folder, 'new-box/gateway/outbox.db');
  const end = performance.now() + completeWithinMs;
  await until('the ledger is complete', () => isComplete(site), completeWithinMs).catch(() => undefined);
  for (let look = 1; ; look++) {
    // read before the history: an event that is stored later is not expected there
    const newBox = eventsIn(outbox, join(folder, `new-outbox-${look}`));
    const history = await allEvents(site, `gateway=${gateway}`);
    const judged = judge({ ...evidence, newBox, history });
    if ((judged.problems.length === 0 && (await isComplete(site))) || performance.now() > end) {
      const ledger = await ledgerOf(site);
      const open = ledger.missing + ledger.waiting;
      const problems = open > 0 ? [`${open} events are missing or waiting by the ledger`] : [];
      return { history, judged: { ...judged, problems: [...judged.problems, ...problems] } };
    }
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}

async function activeAlarms(site: TestSite): Promise<number> {
  const { alarms } = await site.api<{ alarms: readonly { active: boolean; rule?: string }[] }>(
    '/api/v1/alarms?limit=1000',
  );
  return alarms.filter(({ active, rule }) => active && rule === overloadRule.id).length;
}

function ledgerOf(site: TestSite): Promise<LedgerView> {
  return site.api<LedgerView>(`/api/v1/gateways/${gateway}/ledger`);
}

async function isComplete(site: TestSite): Promise<boolean> {
  const { received, missing, waiting } = await ledgerOf(site);
  return received > 0 && missing === 0 && waiting === 0;
}
