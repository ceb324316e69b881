/** For tests of the pipeline: a pipeline on a fake clock and an outbox whose answers the test chooses. */
import { FakeClock } from '@forpost/shared/clock.ts';
import { asId } from '@forpost/shared/event/ids.ts';
import { silentLogger } from '@forpost/shared/logging.ts';
import { beforeEach } from 'vitest';
import type { Alert } from '../../alerts/action.ts';
import { Alarms } from '../../alerts/alarms.ts';
import { DeviceRegistry } from '../../devices/registry.ts';
import type { Appended, Outbox, OutboxEntry } from '../../outbox/outbox.ts';
import { RuleEngine } from '../../rules/engine.ts';
import type { Site } from '../../site/site.ts';
import { Pipeline } from '../pipeline.ts';

const site: Site = {
  id: asId('home'),
  name: 'Home',
  timezone: 'Europe/Berlin',
  devices: [
    { id: asId('meter'), decoder: 'native' },
    { id: asId('quiet'), decoder: 'native' },
  ],
  consumers: [],
  cameras: [
    {
      id: asId('yard'),
      url: 'rtsp://127.0.0.1/yard',
      zones: [
        {
          id: 'gate',
          points: [
            [0, 0],
            [1, 0],
            [1, 1],
          ],
        },
      ],
    },
  ],
  rules: [
    { id: asId('over'), kind: 'threshold', device: 'meter', metric: 'power_w', above: 5000 },
    { id: asId('silence'), kind: 'silent', devices: ['quiet'], after_s: 30 },
    { id: asId('intruder'), kind: 'zone-entered', camera: 'yard', zone: 'gate' },
    { id: asId('tampered'), kind: 'tamper', cameras: ['yard'], tampers: ['covered', 'moved'] },
  ],
  revision: 'r1',
};

/** An outbox whose answers the test chooses. */
export class HeldOutbox implements Pick<Outbox, 'append'> {
  readonly entries: OutboxEntry[] = [];
  answer: (entry: OutboxEntry) => Promise<Appended> = async ({ events }) => ({ stored: events.length, repeated: 0 });

  append(entry: OutboxEntry): Promise<Appended> {
    this.entries.push(entry);
    return this.answer(entry);
  }
}

/** of the test that runs */
export let clock: FakeClock;
export let outbox: HeldOutbox;
/** what the local actions got, and how many entries the outbox had then */
export let acted: string[];
export let devices: DeviceRegistry;
export let alarms: Alarms;
export let pipeline: Pipeline;

/** Makes a clock, an outbox and a pipeline before each test of this file. */
export function pipelineForEachTest(): void {
  beforeEach(() => {
    clock = new FakeClock();
    outbox = new HeldOutbox();
    acted = [];
    return build();
  });
}

/** Makes a new pipeline on the test's clock and outbox, as a restart does. `file`: keeps the active alarms. */
export async function build(options: { file?: string } = {}): Promise<void> {
  devices = new DeviceRegistry({ site, secrets: { mqtt: {}, console: {} }, clock });
  const act = ({ data }: Alert) =>
    void acted.push(`${data.rule}/${data.device} ${data.change}, ${outbox.entries.length} entries`);
  const action = { name: 'test', perform: act, stop: async () => undefined };
  alarms = new Alarms({ actions: [action], clock, random: Math.random, ...options });
  await alarms.start();
  const rules = new RuleEngine({ site, actives: alarms.active(), uptime: clock.uptime() });
  pipeline = new Pipeline({
    devices,
    rules: () => rules,
    alarms,
    outbox: outbox as unknown as Outbox,
    clock,
    quality: () => 'synced',
    boot: () => 'boot-1',
    random: () => 0.5,
    logger: silentLogger(),
    onAlert: () => undefined,
  });
  pipeline.start();
}

export const publish = (payload: string, device = 'meter', what = 'readings') =>
  pipeline.admit({
    device,
    topic: `forpost/devices/${device}/${what}`,
    payload: Buffer.from(payload),
    qos: 1,
    duplicate: false,
    received: clock.now(),
    uptime: clock.uptime(),
  });

/** Lets promises that are settled run their continuations. */
export const settle = () => new Promise((resolve) => setImmediate(resolve));
