/**
 * `npm run faults -- --paho [--runs CUTS]`: paho-mqtt 2.2, the client of Python programs, against a real gateway over a network
 * that is cut repeatedly, each time for longer than two attempts to reconnect. Each reading is acknowledged in the end; none
 * may be lost, and readings for which the device guide promises it are stored once.
 *
 * Needs Python 3 with venv, and pip's access to a package registry: installs the client into
 * node_modules/.cache/forpost-paho (PAHO_PYTHON names an interpreter that has it already).
 */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import Database from 'better-sqlite3';
import { createReport } from '../../../scripts/report.ts';
import { freePorts } from '../../harness/ports.ts';
import { TcpProxy } from '../../harness/proxy.ts';
import { TestSite, testPassword } from '../../harness/site.ts';
import { pahoVersion, pythonWithPaho } from './python.ts';

const perSecond = 400;
const say = (text: string) => process.stderr.write(`${text}\n`);

interface Mode {
  /** also the device's id */
  readonly name: string;
  readonly qos: 1 | 2;
  readonly clean: boolean;
  readonly withId: boolean;
}

/** The device guide's promise for each mode: stored once, or not. */
const modes: readonly Mode[] = [
  { name: 'qos1-session', qos: 1, clean: false, withId: false },
  { name: 'qos1-clean', qos: 1, clean: true, withId: false },
  { name: 'qos2-session', qos: 2, clean: false, withId: false },
  { name: 'qos2-clean', qos: 2, clean: true, withId: false },
  { name: 'qos2-session-id', qos: 2, clean: false, withId: true },
  { name: 'qos1-clean-id', qos: 1, clean: true, withId: true },
];

/** @returns the exit status: 1 when a goal is missed. `cuts`: of the network */
export async function pahoReport(cuts: number): Promise<0 | 1> {
  const python = pythonWithPaho();
  const report = createReport('paho');
  report.version('paho-mqtt', pahoVersion(python));
  const site = await TestSite.start({ devices: modes.map(({ name }) => name), uplink: 'none', centre: false });
  const [port = 0] = await freePorts(1);
  const proxy = await TcpProxy.start(port, () => site.mqttPort);
  const count = Math.ceil(cuts * 1.2 * perSecond);
  try {
    const publishers = modes.map((mode) => publish(python, proxy.port, mode, count));
    const done = Promise.all(publishers);
    await disturb(proxy, cuts, done);
    await done;
    await site.gateway?.stop();
    const stored = countStored(join(site.folder, 'gateway/outbox.db'));
    for (const { name, withId } of modes) {
      const times = Array.from({ length: count }, (_, n) => stored.get(`${name}/${n}`) ?? 0);
      const [lost, doubled] = [times.filter((one) => one === 0).length, times.filter((one) => one > 1).length];
      const metric = name.replaceAll('-', '_');
      say(`${name}: ${count} acknowledged, ${lost} lost, ${doubled} doubled`);
      report
        .metric(`${metric}_acknowledged`, count)
        .metric(`${metric}_lost`, lost)
        .metric(`${metric}_doubled`, doubled);
      report.goal(`${metric}_lost`, '=', 0);
      if (withId) report.goal(`${metric}_doubled`, '=', 0);
    }
    // resends are recognised where possible: a few of thousands may be stored twice
    report.samples(count * modes.length).metric('cuts', cuts);
    report.goal('qos2_session_doubled', '<=', Math.ceil(count / 2000));
    report.goal('qos1_session_doubled', '=', 0).goal('qos1_clean_doubled', '=', 0);
    report.goal('qos2_clean_doubled', '=', 0);
  } finally {
    await proxy.stop();
    await site.stop();
  }
  return report.print();
}

/** Cuts the network for longer than two attempts, with time between cuts for open messages. */
async function disturb(proxy: TcpProxy, cuts: number, done: Promise<unknown>): Promise<void> {
  let isOver = false;
  const over = () => {
    isOver = true;
  };
  done.then(over, over);
  for (let n = 0; n < cuts && !isOver; n++) {
    await sleep(400 + 97 * (n % 5));
    proxy.cut();
    await sleep(350 + 53 * (n % 7));
    proxy.heal();
    if (n % 10 === 9) say(`${n + 1} of ${cuts} cuts`);
  }
}

function publish(python: string, port: number, { name, qos, clean, withId }: Mode, count: number): Promise<void> {
  const flag = (is: boolean) => (is ? '1' : '0');
  const own = [
    name,
    testPassword,
    `${name}-paho`,
    String(qos),
    flag(clean),
    String(count),
    String(perSecond),
    flag(withId),
  ];
  const child = spawn(python, [join(import.meta.dirname, 'publisher.py'), String(port), ...own], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return new Promise((resolve, reject) => {
    let isDone = false;
    createInterface({ input: child.stdout }).on('line', (line) => {
      isDone ||= line === `done ${count}`;
    });
    child.once('exit', (code) => (isDone ? resolve() : reject(new Error(`the publisher ${name} ended with ${code}`))));
  });
}

/** How many times the outbox has each reading, by `<device>/<number>`. */
function countStored(file: string): ReadonlyMap<string, number> {
  const db = new Database(file, { readonly: true });
  const rows = db.prepare<[], { device: string; data: string }>(
    `select device, data from events where lane = 'telemetry'`,
  );
  const stored = new Map<string, number>();
  for (const { device, data } of rows.iterate()) {
    const key = `${device}/${/"power_w":(\d+)/.exec(data)?.[1]}`;
    stored.set(key, (stored.get(key) ?? 0) + 1);
  }
  db.close();
  return stored;
}
