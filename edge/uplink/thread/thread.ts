/**
 * The uplink's thread: opens its own read-only view of the outbox, creates the sinks, and runs the dispatcher until the
 * main thread stops it. All its state can be read from the outbox again by the next thread.
 */
import { dirname, join } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import { systemClock } from '@forpost/shared/clock.ts';
import { type CommandKey, commandKeyOf } from '@forpost/shared/event/command.ts';
import { createLogger } from '@forpost/shared/logging.ts';
import { lowerPriority } from '@forpost/shared/priority.ts';
import { Answerer, Caller } from '@forpost/shared/threads/calls.ts';
import { CommandListener } from '../../commands/listener.ts';
import { resultId } from '../../commands/once.ts';
import { InHand } from '../../outbox/in-hand.ts';
import type { OutboxReader } from '../../outbox/outbox.ts';
import { isDamage } from '../../outbox/sqlite/damage.ts';
import { DamagedRange } from '../../outbox/sqlite/event-rows.ts';
import { openReader } from '../../outbox/sqlite/reader/sqlite-reader.ts';
import { tryLink } from '../link-test.ts';
import type { FromThread, LinkStep, MainCalls, ThreadData, ToThread, UplinkCalls } from '../messages.ts';
import { sinkName } from '../sink-kind.ts';
import { createSink, sinkKindOf } from '../sinks/registry.ts';
import { Dispatcher } from './dispatcher.ts';
import { UplinkMemory } from './uplink-memory.ts';

const port = parentPort;
if (port === null) throw new Error('the uplink thread is not a program of its own');
lowerPriority();
const data: ThreadData = workerData;
const logger = createLogger(data.logName, data.logLevel);
const commitsWanted = new Int32Array(data.commitsWanted);
const reader = lazyReader(data.outboxFile);
const random = Math.random;
const memory = new UplinkMemory(join(dirname(data.outboxFile), 'uplink-memory.json'), logger);

const post = (message: FromThread) => port.postMessage(message);
/** More calls than all lanes and feeds together can have open: each waits for its answer before the next call. */
const maxOpen = 256;
const recordTimeoutMs = 60_000;
/** How long a command may take, for example while the disk is full; afterwards its feed delivers the command again. */
const commandTimeoutMs = 600_000;
const main = new Caller<MainCalls>({ peer: 'the main thread', clock: systemClock, maxOpen });
main.connect(post);
const sinks = await Promise.all(
  data.sinks.map((config) => {
    const name = sinkName(config);
    const secret = Object.hasOwn(data.secrets, name) ? data.secrets[name] : undefined;
    const { identity } = data;
    return createSink(config, { name, identity, secret, memory: memory.of(name), clock: systemClock, logger });
  }),
);

const dispatcher = new Dispatcher({
  sinks,
  identity: data.identity,
  reader,
  timeZone: data.timeZone,
  memory,
  inHand: new InHand(data.inHand),
  canRecordRefusals: data.canRecordRefusals,
  recordRefusal: async (refusal) => void (await main.call('recordRefusal', refusal, recordTimeoutMs)),
  clock: systemClock,
  random,
  logger,
  post,
  wantCommits: () => Atomics.store(commitsWanted, 0, 1),
});

/** by sink: tries at the same time share one */
const tries = new Map<string, Promise<readonly LinkStep[]>>();
const answerer = new Answerer<UplinkCalls>(
  {
    grantBytes: ({ sink, bytes }) => dispatcher.grantBytes(sink, bytes),
    tryLink: ({ sink }) => {
      const running = tries.get(sink) ?? linkTest(sink).finally(() => tries.delete(sink));
      tries.set(sink, running);
      return running;
    },
  },
  maxOpen,
);
const listener = new CommandListener({
  feeds: new Map(sinks.flatMap(({ sink }) => (sink.commands === undefined ? [] : [[sink.name, sink.commands]]))),
  keys: data.commandKeys.map(commandKeyOf).filter((key): key is CommandKey => key !== undefined),
  gateway: data.identity.gateway,
  isSettled: (command) => reader.isStored(null, resultId(command)),
  apply: async (command, centreTime) => void (await main.call('runCommand', { command, centreTime }, commandTimeoutMs)),
  onRefused: (count, reason) => post({ kind: 'commandsRefused', count, reason }),
  clock: systemClock,
  random,
  logger,
});

port.on('message', (message: ToThread) => {
  switch (message.kind) {
    case 'answer':
    case 'call-failed':
      main.receive(message);
      return;
    case 'call':
      answerer.answer(message, post);
      return;
    case 'stop':
      void Promise.all([dispatcher.stop(), listener.stop()]).finally(() => {
        reader.close();
        process.exit(0);
      });
      return;
    default:
      dispatcher.handle(message);
  }
});
dispatcher.start();
listener.start();

async function linkTest(name: string): Promise<readonly LinkStep[]> {
  const at = data.sinks.findIndex((config) => sinkName(config) === name);
  const [config, made] = [data.sinks[at], sinks[at]];
  if (config === undefined || made === undefined) throw new RangeError(`there is no uplink "${name}"`);
  const servers = sinkKindOf(config).servers?.(config, () => systemClock.now()) ?? [];
  return tryLink({ sink: made.sink, servers, clock: systemClock });
}

/**
 * A reader that opens the file at the first read, and again after an error: the file may be put aside and a new one
 * begun at any time.
 */
function lazyReader(file: string): OutboxReader {
  let open: OutboxReader | undefined;
  const attempt = <T>(read: (from: OutboxReader) => T): T => {
    open ??= openReader(file);
    try {
      return read(open);
    } catch (error) {
      open.close();
      open = undefined;
      if (isDamage(error)) post({ kind: 'damaged', place: error instanceof DamagedRange ? error.place : undefined });
      throw error;
    }
  };
  return {
    backlog: (sink) => attempt((from) => from.backlog(sink)),
    drained: (sink, limit) => attempt((from) => from.drained(sink, limit)),
    read: (epoch, lane, after, maxEvents, maxBytes) =>
      attempt((from) => from.read(epoch, lane, after, maxEvents, maxBytes)),
    newest: (lane, limit) => attempt((from) => from.newest(lane, limit)),
    isStored: (device, resendId) => attempt((from) => from.isStored(device, resendId)),
    close() {
      open?.close();
      open = undefined;
    },
  };
}
