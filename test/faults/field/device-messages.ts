/**
 * Random variations of devices' messages by a seed: real messages (edge/devices/field-cases) with changed bytes and tokens, and
 * real messages with one number replaced by an odd value.
 *
 * Checks of each message:
 *  - no decoder throws; a refusal has a reason; values may be stored; all reports are bounded;
 *  - the same message decodes to the same result twice;
 *  - one odd field costs only itself: independent values stay, and the field's path is named.
 */

import { isId } from '@forpost/shared/event/ids.ts';
import { inEnglish } from '@forpost/shared/texts/english.ts';
import { checkDecoded } from '../../../edge/devices/checks.ts';
import type { Decoded, DecodedReading, Understood } from '../../../edge/devices/decoder.ts';
import { decoderNamed } from '../../../edge/devices/decoders/registry.ts';
import { DecodingRecord } from '../../../edge/devices/decoding-record.ts';
import { type FieldCase, fieldCases, payloadOf } from '../../../edge/devices/field-cases.ts';
import { isMetric } from '../../../edge/devices/metrics.ts';
import { isPlausibleTime } from '../../../edge/devices/times.ts';
import type { DeviceConfig } from '../../../edge/site/site.ts';
import { Random } from '../simulation/random.ts';
import type { FieldOptions, FieldOutcome, FieldSuite } from './suite.ts';

const received = Date.UTC(2026, 10, 30, 9);
const mostFailures = 20;
/** Messages of one seed; other suites and tests get their turn between seeds. */
const messagesOfSeed = 200;
const longestReason = 600;

const all = Object.entries(fieldCases).flatMap(([decoder, cases]) => cases.map((one) => ({ decoder, one })));
const topics = [...new Set(all.map(({ one }) => one.topic))];
/** Values that firmware, scripts and broken memory put into JSON. */
const tokens = [
  ...[
    'nan',
    'inf',
    '-Infinity',
    'null',
    'true',
    '1e999',
    '-0',
    '"1,5"',
    '"5,317"',
    '"x"',
    '""',
    '{}',
    '[]',
    '[[[[',
    '}',
  ],
  ...[
    '{"a":',
    '"\\ud800"',
    '\0',
    '\uFEFF',
    '\\',
    '"',
    ',',
    ':',
    '"__proto__":',
    '"constructor":1,',
    '"Time":"x",',
    'é',
  ],
  ...[
    '9007199254740993',
    '"9007199254740993"',
    '1e-400',
    '"2026-02-30T00:00:00Z"',
    '1764490000',
    '"Power":',
    '\n\r\t ',
  ],
];

export const deviceMessages: FieldSuite = {
  name: 'device-messages',
  async run({ firstSeed, ms, say }: FieldOptions): Promise<FieldOutcome> {
    const until = performance.now() + ms;
    const failures: string[] = [];
    const decoding = new DecodingRecord();
    let samples = 0;
    let readings = 0;
    let seed = firstSeed;
    for (; performance.now() < until && failures.length < mostFailures; seed++) {
      const random = new Random(seed);
      for (let i = 0; i < messagesOfSeed; i++) {
        samples++;
        const problems = random.chance(0.5) ? wild(random, decoding) : oddField(random);
        if (typeof problems === 'number') readings += problems;
        else failures.push(`seed ${seed}, message ${i}: ${problems}`);
      }
      await new Promise(setImmediate);
    }
    say(`device messages: seeds ${firstSeed} to ${seed - 1}`);
    return { samples, failures, metrics: { seeds: seed - firstSeed, readings } };
  },
};

function decode(decoder: string, topic: string, payload: Buffer): Decoded {
  const device = { id: 'dev', decoder } as unknown as DeviceConfig;
  const found = decoderNamed(decoder);
  if (found === undefined) throw new RangeError(`no decoder ${decoder}`);
  return checkDecoded(found.decode({ device, topic, payload, received }), received, () => received + 120_000);
}

/** The number of readings from one message, or the check that fails. */
function wild(random: Random, decoding: DecodingRecord): number | string {
  const { decoder, one } = random.pick(all);
  const topic = random.chance(0.1) ? random.pick(topics) : one.topic;
  const payload = mutated(payloadOf(one), random);
  const shown = () => `${decoder} ${topic} ${JSON.stringify(payload.toString('latin1').slice(0, 400))}`;
  try {
    const said = decode(decoder, topic, payload);
    const broken = brokenRule(said);
    if (broken !== undefined) return `${broken}: ${shown()}`;
    if (JSON.stringify(said) !== JSON.stringify(decode(decoder, topic, payload)))
      return `not the same twice: ${shown()}`;
    decoding.note(said, received, { topic, payload });
    if (random.chance(0.02) && JSON.stringify(decoding.view() ?? {}).length > 8000)
      return `the report about the device has no bound: ${shown()}`;
    return said.ok ? said.items.filter(({ kind }) => kind === 'reading').length : 0;
  } catch (error) {
    return `${error instanceof Error ? error.stack : String(error)}: ${shown()}`;
  }
}

function mutated(payload: Buffer, random: Random): Buffer {
  let bytes = payload;
  for (let times = random.int(1, 2); times > 0; times--) {
    const at = random.int(0, bytes.length);
    const end = Math.min(bytes.length, at + random.int(0, 6));
    const token = Buffer.from(random.pick(tokens));
    switch (random.int(0, 4)) {
      case 0:
        bytes = Buffer.concat([bytes.subarray(0, at), token, bytes.subarray(at)]);
        break;
      case 1:
        bytes = Buffer.concat([bytes.subarray(0, at), token, bytes.subarray(end)]);
        break;
      case 2:
        bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(end)]);
        break;
      case 3:
        bytes = Buffer.from(bytes);
        if (bytes.length > 0) bytes[random.int(0, bytes.length - 1)] = random.int(0, 255);
        break;
      default:
        bytes = Buffer.concat([bytes.subarray(0, end), bytes.subarray(at)]);
    }
  }
  return bytes;
}

function brokenRule(said: Decoded): string | undefined {
  if (!said.ok)
    return inEnglish(said.reason).trim() !== '' && inEnglish(said.reason).length <= longestReason
      ? undefined
      : 'a bad reason';
  for (const item of said.items) {
    if (item.time !== received && !isPlausibleTime(item.time)) return `the time ${item.time}`;
    if (item.kind === 'reading') {
      const broken = brokenReading(item);
      if (broken !== undefined) return broken;
    }
  }
  const { problems = [], unknown = [] } = said;
  if (problems.length > 600 || unknown.length > 64) return 'the report is longer than its bound';
  if (problems.some(({ path, problem }) => path.length > 120 || inEnglish(problem).length > 300))
    return 'a problem too long';
  if (said.nothing === true && said.items.length > 0) return 'nothing, and items';
  return undefined;
}

function brokenReading({ data: { values, channel }, json }: DecodedReading): string | undefined {
  if (channel !== undefined && !isId(channel)) return `the channel ${channel}`;
  if (Object.keys(values).length === 0) return 'a reading without values';
  for (const [metric, value] of Object.entries(values)) {
    if (!isMetric(metric)) return `the metric ${metric}`;
    if (typeof value === 'number' ? !Number.isFinite(value) : typeof value !== 'boolean' && typeof value !== 'string')
      return `the value of ${metric}`;
  }
  if (json !== undefined && typeof JSON.parse(json) !== 'object') return 'the stored text';
  return undefined;
}

type Path = readonly (string | number)[];
/** Fields that decide how the rest of their message is read. */
const structural = new Set(['time', 'Time', 'Epoch', 'ts', 'id', 'Endpoint', 'Device', 'method', 'event']);
const oddValues: readonly unknown[] = [null, 'x', {}, [], '', 'nan', [[1]], '1 W'];
/** In the messages of Zigbee2MQTT a null is a value that the device has not sent yet: nothing is wrong with it. */
const nullIsAbsent = new Set(['zigbee2mqtt']);
/** Two values, because one of them may be the original. */
const otherValues = [0, 7.25];

/** Replaces one number of a real message; returns the number of readings that stay, or the check that fails. */
function oddField(random: Random): number | string {
  const { decoder, one } = random.pick(all);
  const whole = parsed(one);
  const before = whole === undefined ? undefined : decode(decoder, one.topic, payloadOf(one));
  if (whole === undefined || before?.ok !== true || before.items.length === 0) return 0;
  const leaves = numbersIn(whole);
  if (leaves.length === 0) return 0;
  const path = random.pick(leaves);
  const said = (value: unknown) =>
    decode(decoder, one.topic, Buffer.from(JSON.stringify(replaced(whole, path, value))));
  const others = otherValues.map(said).map((other) => (other.ok ? valuesOf(other) : new Map<string, unknown>()));
  const odd = random.pick(oddValues);
  const after = said(odd);
  const shown = () => `${decoder} "${one.name}", ${path.join('.')} = ${JSON.stringify(odd)}`;
  const was = valuesOf(before);
  const independent = [...was].filter(([name, value]) => others.every((changed) => changed.get(name) === value));
  if (!after.ok) return independent.length === 0 ? 0 : `refused: ${after.reason}: ${shown()}`;
  const is = valuesOf(after);
  for (const [name, value] of independent)
    if (is.get(name) !== value) return `${name} was ${String(value)} and is ${String(is.get(name))}: ${shown()}`;
  const decides = independent.length < was.size && !(odd === null && nullIsAbsent.has(decoder));
  const last = path.findLast((step) => typeof step === 'string') ?? '';
  if (decides && !(after.problems ?? []).some((problem) => problem.path.includes(String(last))))
    return `not reported: ${shown()}: ${JSON.stringify(after.problems)}`;
  return after.items.length;
}

function parsed(one: FieldCase): unknown {
  try {
    const value: unknown = JSON.parse(payloadOf(one).toString('utf8'));
    return typeof value === 'object' && value !== null && one.problems === undefined ? value : undefined;
  } catch {
    return undefined;
  }
}

function numbersIn(value: unknown, path: Path = []): Path[] {
  if (typeof value === 'number') return path.some((step) => structural.has(String(step))) ? [] : [path];
  if (typeof value !== 'object' || value === null) return [];
  const entries: [string | number, unknown][] = Array.isArray(value) ? [...value.entries()] : Object.entries(value);
  return entries.flatMap(([key, inner]) => numbersIn(inner, [...path, key]));
}

function replaced(value: unknown, [step, ...rest]: Path, by: unknown): unknown {
  if (step === undefined) return by;
  if (Array.isArray(value)) return value.map((inner, index) => (index === step ? replaced(inner, rest, by) : inner));
  const entries = Object.entries(value as object);
  return Object.fromEntries(entries.map(([key, inner]) => [key, key === step ? replaced(inner, rest, by) : inner]));
}

/** Values by the reading's channel and metric. */
function valuesOf({ items }: Understood): Map<string, unknown> {
  const values = new Map<string, unknown>();
  for (const item of items)
    if (item.kind === 'reading')
      for (const [metric, value] of Object.entries(item.data.values))
        values.set(`${item.data.channel}/${metric}`, value);
  return values;
}
