/** The brokers that cases run against: Forpost's broker in this process, a gateway, mosquitto, or a broker at an address. */
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

/** Forpost's broker in this process, with a consumer that may publish and subscribe below `judged/` alone. */
export async function startForpost({ waitMs = 4000, atOnce = 16 } = {}): Promise<RunningTarget> {
  const principal: Principal = {
    kind: 'consumer',
    id: judge.user,
    publish: ['judged/#'],
    subscribe: ['judged/#'],
  };
  const known = (user: string, password: string) =>
    user === judge.user && password === judge.password ? { principal, credential: password } : undefined;
  const broker = new Broker({
    mqtt: {},
    ports: { plain: 0 },
    clock: systemClock,
    logger: silentLogger(),
    authenticate: async (user, password) => known(user, password),
    acquaintance: {
      recall: (user, password) => known(user, password) ?? 'wrong',
      idOf: (user) => (user === judge.user ? user : undefined),
    },
    admit: async () => undefined,
    onConnection: () => undefined,
    // one consumer makes the connections of all cases
    limits: { maxConnectionsEach: 1000, maxSessionsEach: 1000, mostByAddress: 1000, most: 1000 },
  });
  await broker.start();
  return {
    target: {
      name: 'forpost',
      host,
      port: broker.port,
      ...judge,
      prefix: 'judged',
      forbidden: 'forbidden/topic',
      forbiddenFilter: 'forbidden/topic',
      waitMs,
      atOnce,
    },
    version: 'of this checkout',
    stop: () => broker.stop(),
  };
}

/** A real gateway as a process, whose broker stores its state on disk; the same consumer. */
export async function startGateway(): Promise<RunningTarget> {
  const filters = ['judged/#'];
  const site = await TestSite.start({
    devices: ['meter'],
    uplink: 'none',
    more: { consumers: [{ id: judge.user, publish: filters, subscribe: filters }] },
  });
  return {
    target: {
      name: 'forpost',
      host,
      port: site.mqttPort,
      user: judge.user,
      password: testPassword,
      prefix: 'judged',
      forbidden: 'forbidden/topic',
      forbiddenFilter: 'forbidden/topic',
      // a consumer may have 16 connections, and a case makes three at most
      waitMs: 8000,
      atOnce: 5,
    },
    version: 'of this checkout',
    stop: () => site.stop(),
  };
}

/** Where a broker runs already, and how to log in. */
export interface Address {
  /** host:port */
  readonly address: string;
  readonly user: string;
  readonly password: string;
  readonly prefix: string;
}

/** @throws Error for an address without host and port */
export function runningAt({ address, user, password, prefix }: Address): RunningTarget {
  const [, named = '', port = ''] = /^(.+):(\d+)$/.exec(address) ?? [];
  if (named === '') throw new Error(`--address takes host:port, not "${address}"`);
  return {
    target: { name: 'broker', host: named, port: Number(port), user, password, prefix, waitMs: 8000, atOnce: 5 },
    version: `at ${address}`,
    stop: async () => undefined,
  };
}

/** @returns undefined where mosquitto is not installed; a line on standard error says so */
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
  // without mosquitto_passwd there are no passwords, and nobody is refused
  if (passwords === undefined) settings.push('allow_anonymous true');
  else {
    const file = join(folder, 'passwords');
    await writeFile(file, `${judge.user}:${judge.password}\n`, { mode: 0o600 });
    await runCommand(passwords, ['-U', file], 10_000);
    await writeFile(join(folder, 'access'), `user ${judge.user}\ntopic readwrite judged/#\n`, { mode: 0o600 });
    settings.push('allow_anonymous false', `password_file ${file}`, `acl_file ${join(folder, 'access')}`);
  }
  // as another user, mosquitto could not read its files here
  if (process.getuid?.() === 0) settings.push('user root');
  const config = join(folder, 'mosquitto.conf');
  await writeFile(config, `${settings.join('\n')}\n`);
  const { output } = await runCommand(command, ['-h'], 10_000);
  const program = startProgram(command, ['-c', config], process.env);
  const version = /version ([\d.]+)/.exec(output)?.[1];
  const peer = await untilListening('mosquitto', version, port, [program], folder);
  return {
    target: {
      name: 'mosquitto',
      host,
      port,
      ...judge,
      prefix: 'judged',
      waitMs,
      atOnce,
      ...(passwords === undefined ? {} : { forbidden: 'forbidden/topic' }),
    },
    version: peer.version,
    stop: async () => {
      await peer.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
