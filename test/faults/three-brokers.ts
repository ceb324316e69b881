/**
 * Three real brokers, replicas 3, min ISR 2. Each broker in turn is killed, and readings keep arriving in the history meanwhile.
 * Then two are killed: the lane waits, because no event may be called safe on one disk alone, and completes when they return.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { messageOf } from '@forpost/shared/errors.ts';
import { topic, topicPlans } from '@forpost/shared/event/topics.ts';
import { Releasers } from '@forpost/shared/lifecycle.ts';
import type { LedgerView } from '../../cloud/ledger/schemas.ts';
import { testClient } from '../../scripts/kafka/testing.ts';
import { TestCentre } from '../harness/centre.ts';
import { TestKafka } from '../harness/kafka.ts';
import { freePorts } from '../harness/ports.ts';
import { until } from '../harness/process.ts';
import { GatewayUnderTest } from './gateway-under-test.ts';
import { Load } from './load/load.ts';
import { OutboxWatch } from './outbox-watch.ts';
import { completed, defaultCompleteWithinMs, isGood, type RunOutcome } from './run.ts';
import { sleep } from './scenarios/scenario.ts';
import { Random } from './simulation/random.ts';

export interface ThreeBrokersOptions {
  readonly seed: number;
  readonly keep?: boolean;
  /** number of brokers that are killed one after the other, before two at once; default: all three */
  readonly victims?: number;
}

const name = 'three-brokers';
const heapMb = 256;
const pauseMs = 25;
/** this many new readings in the history prove that the lane goes on */
const goesOn = 50;
/** a dead broker is noticed after 3 s, a dead controller after 2 s and an election */
const goesOnWithinMs = 45_000;
const inSyncWithinMs = 45_000;
/** with two dead brokers nothing may arrive for this long */
const waitsMs = 1_500;

export const threeBrokers = { name, run };

async function run({ seed, keep = false, victims = 3 }: ThreeBrokersOptions): Promise<RunOutcome> {
  const begun = performance.now();
  const folder = await mkdtemp(join(tmpdir(), 'forpost-faults-three-'));
  const notes: string[] = [`seed ${seed}`];
  const say = (what: string) => notes.push(`${Math.round(performance.now() - begun)} ms: ${what}`);
  const releasers = new Releasers();
  let good = false;
  try {
    const brokers = await TestKafka.cluster(3, folder, heapMb);
    releasers.add('brokers', async () => void (await Promise.all(brokers.map((broker) => broker.kill()))));
    say('three brokers');
    const addresses = brokers.flatMap((broker) => broker.brokers);
    await createTopics(addresses);
    await until('all replicas are in sync', () => inSync(addresses), inSyncWithinMs);
    const [centrePort = 0] = await freePorts(1);
    const centre = await TestCentre.start(folder, centrePort, {
      kafka: { brokers: addresses, development: false },
      logFile: join(folder, 'centre.log'),
    });
    releasers.add('centre', () => centre.stop());
    const gateway = await GatewayUnderTest.start({ id: `three-${seed}`, folder, brokers: addresses });
    releasers.add('gateway', () => gateway.stop());
    const watch = new OutboxWatch(gateway.outboxFile);
    releasers.add('watch', () => watch.stop());
    const load = new Load({ mqttPort: gateway.mqttPort, seed, pauseMs });
    releasers.add('load', () => load.close());
    await load.start();
    const scene: Scene = { brokers, addresses, centre, gateway, load, say };
    await arriving(scene, 'at first');

    const random = new Random(seed);
    const order = shuffled(brokers, random);
    const stalls: number[] = [];
    for (const victim of order.slice(0, victims)) stalls.push(await killOne(scene, victim));
    await killTwo(scene, order.slice(0, 2));
    await load.finish();
    const from = performance.now();
    const verdict = await completed(centre, gateway, load, watch, defaultCompleteWithinMs);
    good = isGood(verdict);
    return {
      ...verdict,
      seed,
      folder,
      scenarios: [name],
      done: { kills_one_of_three: victims, kills_two_of_three: 1 },
      longestStallMs: Math.max(...stalls),
      completeMs: performance.now() - from,
      seconds: (performance.now() - begun) / 1000,
    };
  } catch (error) {
    say(messageOf(error));
    throw new Error(`${messageOf(error)} (logs: ${folder})`, { cause: error });
  } finally {
    await releasers.releaseAll((what, problem) => say(`${what}: ${problem}`));
    await writeFile(join(folder, 'run.log'), `${notes.join('\n')}\n`);
    if (good && !keep) await rm(folder, { recursive: true, force: true });
  }
}

interface Scene {
  readonly brokers: readonly TestKafka[];
  readonly addresses: readonly string[];
  readonly centre: TestCentre;
  readonly gateway: GatewayUnderTest;
  readonly load: Load;
  readonly say: (what: string) => void;
}

/** Few partitions, so that three brokers start quickly on two cores; everything else as the centre plans it. */
async function createTopics(addresses: readonly string[]): Promise<void> {
  const admin = testClient(addresses).admin();
  await admin.connect();
  try {
    await admin.createTopics({
      // a broker that does not know them yet would answer that there are none
      waitForLeaders: false,
      timeout: 20_000,
      topics: Object.entries(topicPlans).map(([short, { cleanup }]) => ({
        topic: topic('forpost', short as keyof typeof topicPlans),
        numPartitions: 3,
        replicationFactor: 3,
        configEntries: [
          { name: 'message.timestamp.type', value: 'LogAppendTime' },
          { name: 'cleanup.policy', value: cleanup },
          { name: 'min.insync.replicas', value: '2' },
        ],
      })),
    });
  } finally {
    await admin.disconnect();
  }
}

/** Waits until everything up to now and some later readings have arrived; returns the ms that this took. */
async function arriving({ centre, gateway, say }: Scene, when: string): Promise<number> {
  const from = performance.now();
  const known = gateway.assigned();
  await until(
    `readings arrive ${when}`,
    async () => (await received(centre, gateway)) >= known + goesOn,
    goesOnWithinMs,
  );
  const took = performance.now() - from;
  say(`readings arrive ${when}: ${Math.round(took)} ms`);
  return took;
}

async function killOne(scene: Scene, victim: TestKafka): Promise<number> {
  await victim.kill();
  scene.say(`the broker ${victim.brokers[0]} is killed`);
  const stallMs = await arriving(scene, `without ${victim.brokers[0]}`);
  await victim.start();
  await until('all replicas are in sync', () => inSync(scene.addresses), inSyncWithinMs);
  scene.say('all replicas are in sync');
  return stallMs;
}

async function killTwo(scene: Scene, two: readonly TestKafka[]): Promise<void> {
  const { centre, gateway, load, say } = scene;
  await Promise.all(two.map((broker) => broker.kill()));
  say('two brokers are dead');
  const atKill = acknowledged(load);
  await until('devices are acknowledged all the same', () => acknowledged(load) >= atKill + 2 * goesOn);
  let before = -1;
  await until(
    'nothing arrives any more',
    async () => {
      const now = await received(centre, gateway);
      const still = now === before;
      before = now;
      if (!still) await sleep(waitsMs);
      return still;
    },
    goesOnWithinMs,
  );
  if (before >= gateway.assigned()) throw new Error('nothing waits, although two of three brokers are dead');
  await Promise.all(two.map((broker) => broker.start()));
  say('they are back');
}

async function received(centre: TestCentre, gateway: GatewayUnderTest): Promise<number> {
  return (await centre.api<LedgerView>(`/api/v1/gateways/${gateway.id}/ledger`)).received;
}

function acknowledged({ devices }: Load): number {
  return devices.reduce((sum, { acknowledged }) => sum + acknowledged.size, 0);
}

async function inSync(addresses: readonly string[]): Promise<boolean> {
  const admin = testClient(addresses).admin();
  try {
    await admin.connect();
    const { topics } = await admin.fetchTopicMetadata();
    if (topics.length < Object.keys(topicPlans).length) return false;
    return topics.every(({ partitions }) => partitions.every(({ isr }) => isr.length === addresses.length));
  } finally {
    await admin.disconnect();
  }
}

function shuffled<Item>(items: readonly Item[], random: Random): readonly Item[] {
  const left = [...items];
  return items.flatMap(() => left.splice(random.int(0, left.length - 1), 1));
}
