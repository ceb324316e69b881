/**
 * A fresh box becomes another gateway from its page.
 *
 *   restore-staging:  parts ─► backup.tar.age ─ passphrase ─► staged ─ «Become it» ─► take.json ─► the process ends
 *   restore-adopting: take.json ─► the next start: old files aside ─► new files in ─► marker removed
 *
 * Afterwards: the fresh gateway, whole, whose page finishes or discards what is there; or, from take.json on, the restored
 * one, whole, with the fresh one's files kept.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parse } from 'yaml';
import { makeBackup } from '../../../edge/backup/backup.ts';
import { readInstance } from '../../../edge/backup/instance.ts';
import { outboxIn } from '../../../edge/outbox/sqlite/testing/test-support.ts';
import { logIn } from '../../harness/centre.ts';
import { installerPassword, makeBox } from './box-files.ts';
import { checkDocument, checkNextChange } from './document-state.ts';
import { KilledGateway, type Ports } from './killed-gateway.ts';
import { Problems, type Procedure, type Verdict } from './procedure.ts';

const passphrase = 'five words of a fault run';
/** scrypt with 2^10 takes a millisecond */
const quickFactor = 10;
/** in two, so that a kill may fall between them */
const parts = 2;

export function restoreStaging(): Procedure {
  const boxes = new Boxes();
  return {
    name: 'restore-staging',
    only: '^gateway/restore',
    prepare: (folder, ports) => boxes.prepare(folder, ports),

    async act(gateway, plan) {
      await gateway.start();
      const page = await pageOf(gateway);
      gateway.arm(plan);
      try {
        await page.becomeRestored(boxes.backup);
        // it ends by itself, and its service starts it again
        await gateway.ended();
      } catch {
        // a kill ends the connection
      }
    },

    async judge(gateway) {
      if (gatewayIn(gateway.folder) === 'gw-old') return boxes.judgeRestored(gateway);
      const problems = new Problems();
      await boxes.judgeFresh(gateway, problems);
      const page = await pageOf(gateway);
      const { state } = await page.state();
      problems.expect(['none', 'here', 'staged'].includes(state), `the page's restore is ${state}`);
      await page.becomeRestored(boxes.backup);
      await gateway.ended();
      await gateway.start();
      const again = await boxes.judgeRestored(gateway);
      return { found: 'old', problems: [...problems.all, ...again.problems] };
    },
  };
}

export function restoreAdopting(): Procedure {
  const boxes = new Boxes();
  return {
    name: 'restore-adopting',
    only: '',

    async prepare(folder, ports) {
      await boxes.prepare(folder, ports);
      const gateway = new KilledGateway(folder, ports);
      await gateway.start();
      await (await pageOf(gateway)).becomeRestored(boxes.backup);
      await gateway.ended();
    },

    async act(gateway, plan) {
      await gateway.startInto(plan);
    },

    judge: (gateway) => boxes.judgeRestored(gateway),
  };
}

/** A fresh box, and the backup of another one. */
class Boxes {
  #fresh: ReadonlyMap<string, string> = new Map();
  #restored: ReadonlyMap<string, string> = new Map();
  backup: Buffer = Buffer.alloc(0);

  async prepare(folder: string, ports: Ports): Promise<void> {
    const old = join(dirname(folder), 'old');
    this.#restored = await makeBox(old, { gateway: 'gw-old', site: 'old-site', ports, devices: ['meter'] });
    mkdirSync(join(old, 'gateway'));
    const outbox = outboxIn(join(old, 'gateway'), { sinks: [] });
    await outbox.start();
    await outbox.stop();
    writeFileSync(join(old, 'site.yaml.before'), 'stands beside the document');
    this.backup = await backupOf(join(old, 'gateway.yaml'));
    this.#fresh = await makeBox(folder, { gateway: 'gw-fresh', site: 'fresh-site', ports, devices: ['oven'] });
    writeFileSync(join(folder, 'notes.txt'), 'of the fresh box');
  }

  async judgeFresh(gateway: KilledGateway, problems: Problems): Promise<void> {
    const { text } = await checkDocument(gateway, problems, () => 1);
    problems.expect(text.includes('fresh-site'), 'the document is not that of the fresh box');
    problems.expect(await this.#ovenEnters(gateway), 'the oven may not log in any more');
    problems.expect(!(await this.#meterEnters(gateway)), 'a device of the backup gets in');
  }

  async judgeRestored(gateway: KilledGateway): Promise<Verdict> {
    const problems = new Problems();
    const { folder } = gateway;
    problems.expect(gatewayIn(folder) === 'gw-old', `the gateway is ${gatewayIn(folder)}`);
    const { text } = await checkDocument(gateway, problems, () => 1);
    problems.expect(text.includes('old-site'), 'the document is not that of the backup');
    problems.expect(await this.#meterEnters(gateway), 'the meter of the backup may not log in');
    problems.expect(!(await this.#ovenEnters(gateway)), 'a device of the fresh box gets in');
    problems.expect(readInstance(join(folder, 'gateway')) !== undefined, 'the box is no new instance');
    const left = readdirSync(join(folder, 'gateway')).filter((name) => /^restore/.test(name));
    problems.expect(left.length === 0, `of the restore ${left.join()} is left`);
    const page = await pageOf(gateway);
    const { state } = await page.state();
    problems.expect(state === 'none', `the page shows a restore that is ${state}`);
    checkKept(folder, problems);
    await checkNextChange(gateway, problems);
    return { found: 'new', problems: problems.all };
  }

  #ovenEnters(gateway: KilledGateway): Promise<boolean> {
    return gateway.letsIn('oven', this.#fresh.get('oven') ?? '');
  }

  #meterEnters(gateway: KilledGateway): Promise<boolean> {
    return gateway.letsIn('meter', this.#restored.get('meter') ?? '');
  }
}

async function backupOf(config: string): Promise<Buffer> {
  const made = await makeBackup({ config, passphrase, now: Date.now(), factor: quickFactor });
  try {
    return Buffer.from(await new Response(made.stream).arrayBuffer());
  } finally {
    await made.end();
  }
}

/** The files of the fresh box are kept, in one folder beside the configuration and one in the data folder. */
function checkKept(folder: string, problems: Problems): void {
  const [config = [], data = []] = [folder, join(folder, 'gateway')].map((one) =>
    readdirSync(one).filter((name) => name.startsWith('before-restore-')),
  );
  problems.expect(config.length === 1 && data.length === 1, `kept are ${[...config, ...data].join()}`);
  const kept = (name: string) => join(folder, config[0] ?? '', name);
  for (const name of ['gateway.yaml', 'site.yaml', 'secrets.yaml', 'notes.txt', 'site.yaml.history/000001.yaml'])
    problems.expect(existsSync(kept(name)), `${name} of the fresh box is not kept`);
  if (existsSync(kept('site.yaml')))
    problems.expect(readFileSync(kept('site.yaml'), 'utf8').includes('fresh-site'), 'the kept document is another one');
  problems.expect(existsSync(join(folder, 'gateway', data[0] ?? '', 'outbox.db')), 'the fresh outbox is not kept');
}

function gatewayIn(folder: string): string {
  return String((parse(readFileSync(join(folder, 'gateway.yaml'), 'utf8')) as { gateway?: unknown }).gateway);
}

interface State {
  readonly state: string;
}

/** The page of a gateway, with a log-in. */
async function pageOf({ ports }: KilledGateway) {
  const base = `http://127.0.0.1:${ports.http}`;
  const cookie = await logIn(base, 'installer', installerPassword);
  const ask = async (method: string, path: string, type?: string, body?: string | Uint8Array<ArrayBuffer>) => {
    const answer = await fetch(`${base}/api/v1/restore${path}`, {
      method,
      headers: { cookie, origin: base, ...(type === undefined ? {} : { 'content-type': type }) },
      ...(body === undefined ? {} : { body }),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
    return JSON.parse(text) as State;
  };
  return {
    state: () => ask('GET', ''),
    /** Sends the backup anew, unpacks it, and has the next start take it. */
    async becomeRestored(backup: Buffer): Promise<void> {
      const each = Math.ceil(backup.length / parts);
      for (let at = 0; at < backup.length; at += each) {
        const part = new Uint8Array(backup.subarray(at, at + each));
        await ask('PUT', `/backup?at=${at}&size=${backup.length}`, 'application/octet-stream', part);
      }
      await ask('POST', '/stage', 'application/json', JSON.stringify({ passphrase }));
      await ask('POST', '/take');
    },
  };
}
