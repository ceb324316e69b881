/** Runs every case of the conformance suite against the broker in this process, as `npm run faults -- --conformance` does. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { nameOf } from './case.ts';
import { allCases } from './cases.ts';
import { knownMisses } from './known-misses.ts';
import { notSpoken, type Outcome, runCases } from './run.ts';
import { type RunningTarget, startForpost } from './targets.ts';

let running: RunningTarget;
let outcomes: readonly Outcome[];

beforeAll(async () => {
  // a long time, because the machine may be busy with other tests; only a broken case waits that long
  running = await startForpost({ waitMs: 8000, atOnce: 24 });
  outcomes = await runCases(running.target, allCases);
}, 120_000);

afterAll(() => running?.stop());

test('no two cases of the conformance suite have the same name', () => {
  const names = allCases.map(nameOf);
  expect(names.filter((name, at) => names.indexOf(name) !== at)).toEqual([]);
});

test.each(['3.1.1', '5.0'] as const)(
  'the broker keeps every statement of MQTT %s, except for the known misses',
  (version) => {
    const own = outcomes.filter((one) => one.version === version && one.why !== notSpoken);
    const broken = own.filter(({ result, name }) => result === 'broken' && !Object.hasOwn(knownMisses, name));
    expect(broken.map(({ name, why }) => `${name}: ${why}`)).toEqual([]);
    const mended = own.filter(({ result, name }) => result === 'kept' && Object.hasOwn(knownMisses, name));
    expect(mended.map(({ name }) => name)).toEqual([]);
  },
);

test('each known miss is a case of the suite', () => {
  const names = new Set(allCases.map(nameOf));
  expect(Object.keys(knownMisses).filter((name) => !names.has(name))).toEqual([]);
});
