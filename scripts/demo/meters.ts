/**
 * The demo's meters and sensors: one process connects each of them to the gateway with its own credentials and publishes
 * what the house draws. `node scripts/demo/meters.ts --site FILE --credentials FILE --port N --state FILE`
 *
 * Always: registers continue across restarts; a disconnected meter keeps no more readings than a real one; the process
 * ends on SIGTERM or when its standard input closes.
 */
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { loadYaml } from '@forpost/shared/config/yaml.ts';
import { requireNode } from '@forpost/shared/node-version.ts';
import { stopWithParent } from '@forpost/shared/run.ts';
import mqtt, { type IClientOptions, type MqttClient } from 'mqtt';
import { type DeviceConfig, siteSchema } from '../../edge/site/site.ts';
import { advance, powersAt, type Register, waterFlow } from './load.ts';
import type { Message } from './meter-formats.ts';
import { type SimulatedDevice, simulated } from './site-devices.ts';

requireNode();
stopWithParent();
const { values: options } = parseArgs({
  options: {
    site: { type: 'string', default: 'scripts/demo/site.yaml' },
    credentials: { type: 'string', default: '.forpost/demo/credentials.json' },
    port: { type: 'string', default: '1883' },
    state: { type: 'string', default: '.forpost/demo/meters.json' },
  },
});

/** Step of the registers' sums. */
const stepMs = 250;
const saveEveryMs = 5_000;
/** Readings that one meter keeps while the broker does not acknowledge; real meters have little memory. */
const mostUnacknowledged = 20;
const reconnectMs = 2_000;

interface State {
  readonly water: number;
  readonly registers: Readonly<Record<string, Register>>;
}

const { mqtt: passwords } = JSON.parse(readFileSync(options.credentials, 'utf8')) as {
  readonly mqtt: Readonly<Record<string, string>>;
};
const saved: State = existsSync(options.state)
  ? JSON.parse(readFileSync(options.state, 'utf8'))
  : { water: 412.1, registers: {} };
let water = saved.water;
const devices = (loadYaml(options.site, siteSchema).value.devices as DeviceConfig[])
  .map((device) => simulated(device, () => water))
  .filter((device) => device !== undefined);
const registers = new Map(devices.map(({ id, begins }) => [id, saved.registers[id] ?? begins]));

const begun = performance.now();
const seconds = () => (performance.now() - begun) / 1000;
let last = 0;
const counting = setInterval(count, stepMs);
const saving = setInterval(save, saveEveryMs);
const meters = devices.map(connect);
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => void stop());
process.stdout.write(`${JSON.stringify({ ready: { devices: devices.map(({ id }) => id) } })}\n`);

/** Adds up the energy since the last call. */
function count(): void {
  const now = seconds();
  const powers = powersAt((last + now) / 2);
  for (const { id, meter } of devices) {
    const register = registers.get(id);
    if (meter !== undefined && register !== undefined) registers.set(id, advance(register, powers[meter], now - last));
  }
  water += (waterFlow(now) * (now - last)) / 3_600;
  last = now;
}

function connect(
  device: SimulatedDevice,
  index: number,
): { readonly client: MqttClient; readonly timer: NodeJS.Timeout } {
  const { id, format: speaker, intervalMs } = device;
  const client = mqtt.connect(`mqtt://127.0.0.1:${options.port}`, {
    clientId: id,
    username: id,
    password: passwords[id] ?? '',
    reconnectPeriod: reconnectMs,
    // MQTT.js gives up for ever at its first refusal otherwise
    reconnectOnConnackError: true,
    keepalive: 30,
    queueQoSZero: false,
    ...willOf(speaker.will),
  });
  let unacknowledged = 0;
  const publish = (message: Message) => {
    if (message.qos > 0 && unacknowledged >= mostUnacknowledged) return;
    unacknowledged += message.qos;
    client.publish(message.topic, message.payload, { qos: message.qos, retain: message.retain }, (error) => {
      unacknowledged -= message.qos;
      // an unsent QoS 0 reading is lost, as with a real meter
      if (error && message.qos > 0) process.stderr.write(`${id}: ${error.message}\n`);
    });
  };
  client.on('connect', () => speaker.greeting.forEach(publish));
  client.on('error', (error) => process.stderr.write(`${id}: ${error.message}\n`));
  // spread the meters over the interval
  const beginsMs = (index * 137) % intervalMs;
  let timer = setTimeout(publishReading, beginsMs);
  function publishReading(): void {
    timer = setTimeout(publishReading, intervalMs);
    meter.timer = timer;
    const now = seconds();
    if (!device.radioWorks(now)) return;
    const watts = device.meter === undefined ? 0 : powersAt(now)[device.meter];
    const register = registers.get(id) ?? device.begins;
    speaker.reading({ seconds: now, watts, register }, new Date()).forEach(publish);
  }
  const meter = { client, timer };
  return meter;
}

function willOf(will: Message | undefined): Pick<IClientOptions, 'will'> {
  if (will === undefined) return {};
  const { topic, payload, qos, retain } = will;
  return { will: { topic, payload: Buffer.from(payload), qos, retain } };
}

/** Writes beside the file, then renames: a kill leaves the old state. */
function save(): void {
  const state: State = { water, registers: Object.fromEntries(registers) };
  writeFileSync(`${options.state}.new`, JSON.stringify(state));
  renameSync(`${options.state}.new`, options.state);
}

async function stop(): Promise<void> {
  clearInterval(counting);
  clearInterval(saving);
  for (const { timer } of meters) clearTimeout(timer);
  save();
  const deadline = setTimeout(() => process.exit(0), 2_000);
  await Promise.allSettled(meters.map(({ client }) => client.endAsync()));
  clearTimeout(deadline);
  process.exit(0);
}
