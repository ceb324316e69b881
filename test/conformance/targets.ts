/** The brokers that the cases are run against: Forpost's own in this process, and Debian's mosquitto as a program. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@forpost/shared/clock.ts';
import { silentLogger } from '@forpost/shared/logging.ts';
import type { Principal } from '../../edge/broker/access.ts';
import { Broker } from '../../edge/broker/broker.ts';
import { runCommand } from '../../scripts/kafka/java.ts';
import { findProgram, startProgram, untilListening } from '../bench/peers.ts';
import { freePorts } from '../harness/ports.ts';
import { TestSite, testPassword } from '../harness/site.ts';
import type { Target } from './session.ts';

export interface RunningTarget {
  readonly target: Target;
  readonly version: string;
  stop(): Promise<void>;
}

const host = '127.0.0.1';
const judge = { user: 'judge', password: 'a-password-of-the-judge' };

/** Forpost's broker with a consumer that may publish and subscribe everywhere but to what it may not know of. */
export async function startForpost({ waitMs = 4000, atOnce = 16 } = {}): Promise<RunningTarget> {
  const principal: Principal = {
    kind: 'consumer',
    id: judge.user,
    publish: ['judged/#'],
    subscribe: ['judged/#'],
  };
  const known = (user: string, password: string) =>
    user === judge.user && password === judge.password ? principal : undefined;
  const broker = new Broker({
    mqtt: {},
    ports: { plain: 0 },
    clock: systemClock,
    logger: silentLogger(),
    authenticate: async (user, password) => known(user, password),
    acquaintance: {
      recall: (user, password) => known(user, password) ?? 'wrong',
      isUser: (user) => user === judge.user,
    },
    admit: async () => undefined,
    onConnection: () => undefined,
    // one consumer for all cases at once
    limits: { maxConnectionsEach: 1000, maxSessionsEach: 1000, mostByAddress: 1000, most: 1000 },
  });
  await broker.start();
  return {
    target: {
      ...{ name: 'forpost', host, port: broker.port, ...judge, prefix: 'judged' },
      ...{ forbidden: 'forbidden/topic', forbiddenFilter: 'forbidden/topic' },
      ...{ waitMs, atOnce },
    },
    version: 'of this folder',
    stop: () => broker.stop(),
  };
}

/** A real gateway as a process, whose broker has a disk; the same consumer. */
export async function startGateway(): Promise<RunningTarget> {
  const filters = ['judged/#'];
  const site = await TestSite.start({
    devices: ['meter'],
    uplink: 'none',
    more: { consumers: [{ id: judge.user, publish: filters, subscribe: filters }] },
  });
  return {
    target: {
      ...{ name: 'forpost', host, port: site.mqttPort, user: judge.user, password: testPassword, prefix: 'judged' },
      ...{ forbidden: 'forbidden/topic', forbiddenFilter: 'forbidden/topic' },
      // one consumer has 16 connections, a case at most three
      ...{ waitMs: 8000, atOnce: 5 },
    },
    version: 'of this folder',
    stop: () => site.stop(),
  };
}

/** A broker that runs already. */
export interface Address {
  /** host:port */
  readonly address: string;
  readonly user: string;
  readonly password: string;
  readonly prefix: string;
}

/** @throws Error of an address that is none */
export function runningAt({ address, user, password, prefix }: Address): RunningTarget {
  const [, named = '', port = ''] = /^(.+):(\d+)$/.exec(address) ?? [];
  if (named === '') throw new Error(`--address takes host:port, not "${address}"`);
  return {
    target: { name: 'broker', host: named, port: Number(port), user, password, prefix, waitMs: 8000, atOnce: 5 },
    version: `at ${address}`,
    stop: async () => undefined,
  };
}

/** undefined, and a line that says so: it is not installed. */
export async function startMosquittoTarget({ waitMs = 4000, atOnce = 16 } = {}): Promise<RunningTarget | undefined> {
  const command = await findProgram('mosquitto');
  if (command === undefined) return undefined;
  const passwords = await findProgram('mosquitto_passwd');
  const [port = 0] = await freePorts(1);
  const folder = await mkdtemp(join(tmpdir(), 'forpost-conformance-'));
  const settings = [
    `listener ${port} ${host}`,
    'persistence false',
    'log_dest none',
    'max_inflight_messages 40',
    'max_packet_size 262144',
  ];
  // without its own tool for passwords nobody is refused there
  if (passwords === undefined) settings.push('allow_anonymous true');
  else {
    const file = join(folder, 'passwords');
    await writeFile(file, `${judge.user}:${judge.password}\n`, { mode: 0o600 });
    await runCommand(passwords, ['-U', file], 10_000);
    await writeFile(join(folder, 'access'), `user ${judge.user}\ntopic readwrite judged/#\n`, { mode: 0o600 });
    settings.push('allow_anonymous false', `password_file ${file}`, `acl_file ${join(folder, 'access')}`);
  }
  // it gives its rights up at once, and must still read its files
  if (process.getuid?.() === 0) settings.push('user root');
  const config = join(folder, 'mosquitto.conf');
  await writeFile(config, `${settings.join('\n')}\n`);
  const { output } = await runCommand(command, ['-h'], 10_000);
  const program = startProgram(command, ['-c', config], process.env);
  const version = /version ([\d.]+)/.exec(output)?.[1];
  const peer = await untilListening('mosquitto', version, port, [program], folder);
  return {
    target: {
      ...{ name: 'mosquitto', host, port, ...judge, prefix: 'judged', waitMs, atOnce },
      ...(passwords === undefined ? {} : { forbidden: 'forbidden/topic' }),
    },
    version: peer.version,
    stop: async () => {
      await peer.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
