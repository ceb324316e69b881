/**
 * Other brokers for comparison: each on a free port of loopback, with its files in a temporary folder. A broker that is not
 * installed is left out with a message.
 */
import { spawn } from 'node:child_process';
import { constants } from 'node:fs';
import { access, glob, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import mqtt from 'mqtt';
import { runCommand } from '../../scripts/kafka/java.ts';
import { freePorts } from '../harness/ports.ts';
import { until } from '../harness/process.ts';
import { say } from './options.ts';

export interface Peer {
  readonly name: string;
  readonly version: string;
  readonly port: number;
  stop(): Promise<void>;
}

export interface Program {
  stop(): Promise<void>;
  readonly running: () => boolean;
}

const readyWithinMs = 60_000;
const stopDeadlineMs = 20_000;

/** Mosquitto without durability: it writes nothing to disk. */
export async function startMosquitto(): Promise<Peer | undefined> {
  const command = await findProgram('mosquitto');
  if (command === undefined) return undefined;
  const [port = 0] = await freePorts(1);
  const folder = await mkdtemp(join(tmpdir(), 'forpost-mosquitto-'));
  const file = join(folder, 'mosquitto.conf');
  const settings = ['allow_anonymous true', 'persistence false', 'log_dest none'];
  await writeFile(file, `${[`listener ${port} 127.0.0.1`, ...settings].join('\n')}\n`);
  const { output } = await runCommand(command, ['-h'], 10_000);
  const program = startProgram(command, ['-c', file], process.env);
  return untilListening('mosquitto', /version ([\d.]+)/.exec(output)?.[1], port, [program], folder);
}

/** RabbitMQ with its MQTT plug-in and an absent subscriber whose durable session gets every message. */
export async function startRabbit(): Promise<Peer | undefined> {
  const command = await findRabbit();
  const epmd = await findProgram('epmd');
  if (command === undefined || epmd === undefined) return undefined;
  const [port = 0, distribution = 0, names = 0] = await freePorts(3);
  const folder = await mkdtemp(join(tmpdir(), 'forpost-rabbitmq-'));
  await mkdir(join(folder, 'home'));
  const settings = ['listeners.tcp = none', `mqtt.listeners.tcp.1 = 127.0.0.1:${port}`, 'mqtt.allow_anonymous = true'];
  await writeFile(join(folder, 'rabbitmq.conf'), `${settings.join('\n')}\n`);
  await writeFile(join(folder, 'enabled_plugins'), '[rabbitmq_mqtt].\n');
  const env = {
    ...process.env,
    HOME: join(folder, 'home'),
    ERL_EPMD_PORT: String(names),
    ERL_EPMD_ADDRESS: '127.0.0.1',
    RABBITMQ_NODENAME: 'forpost-bench@localhost',
    RABBITMQ_DIST_PORT: String(distribution),
    RABBITMQ_CONFIG_FILE: join(folder, 'rabbitmq.conf'),
    RABBITMQ_ENABLED_PLUGINS_FILE: join(folder, 'enabled_plugins'),
    RABBITMQ_MNESIA_BASE: join(folder, 'mnesia'),
    RABBITMQ_LOG_BASE: join(folder, 'log'),
  };
  // otherwise Erlang starts its own and leaves it behind
  const nameServer = startProgram(epmd, [], env);
  const server = startProgram(command, [], env);
  const version = /rabbitmq_server-([\d.]+)/.exec(command)?.[1];
  const peer = await untilListening('rabbitmq', version, port, [nameServer, server], folder);
  try {
    await keepEverything(peer.port);
    return peer;
  } catch (error) {
    await peer.stop();
    throw error;
  }
}

/** Makes a durable session that subscribes to all readings and disconnects: its queue makes messages durable. */
async function keepEverything(port: number): Promise<void> {
  const client = await mqtt.connectAsync(`mqtt://127.0.0.1:${port}`, {
    clientId: 'forpost-bench-session',
    clean: false,
    protocolVersion: 4,
  });
  await client.subscribeAsync('forpost/#', { qos: 1 });
  await client.endAsync();
}

async function findRabbit(): Promise<string | undefined> {
  // Debian's command on the path changes the user; the program that it calls does not
  for await (const file of glob('/usr/lib/rabbitmq/lib/rabbitmq_server-*/sbin/rabbitmq-server')) return file;
  return findProgram('rabbitmq-server');
}

/** The program's full path; undefined, with a message, when it is not installed. */
export async function findProgram(name: string): Promise<string | undefined> {
  // Debian keeps servers outside a user's path
  for (const folder of [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin']) {
    const file = join(folder, name);
    const there = await access(file, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (there) return file;
  }
  say(`${name} is not installed: left out`);
  return undefined;
}

export function startProgram(command: string, args: readonly string[], env: NodeJS.ProcessEnv): Program {
  const child = spawn(command, args, { env, stdio: 'ignore' });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()).once('error', () => resolve()));
  const endWithUs = () => child.kill('SIGKILL');
  process.once('exit', endWithUs);
  void ended.then(() => process.off('exit', endWithUs));
  return {
    running: () => child.pid !== undefined && child.exitCode === null && child.signalCode === null,
    async stop() {
      child.kill('SIGTERM');
      const late = setTimeout(() => child.kill('SIGKILL'), stopDeadlineMs);
      await ended;
      clearTimeout(late);
    },
  };
}

/** A peer whose port accepts connections; stopping it removes its folder. */
export async function untilListening(
  name: string,
  version: string | undefined,
  port: number,
  programs: readonly Program[],
  folder: string,
): Promise<Peer> {
  const stop = async () => {
    for (const program of programs.toReversed()) await program.stop();
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await until(`${name} listens`, () => listens(port), readyWithinMs);
    if (!programs.every((program) => program.running())) throw new Error(`${name} ended while starting`);
  } catch (error) {
    await stop();
    throw error;
  }
  return { name, version: version ?? 'unknown', port, stop };
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port });
    socket.once('error', () => resolve(false));
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
  });
}
