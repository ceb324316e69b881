import { atOnce } from '@forpost/shared/slices.ts';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { LoadedDocument } from './change.ts';
import { documentIn, linesOf } from './document-lines.ts';
import type { Site } from './site.ts';

const device = (id: string, name?: string) => ({ id, decoder: 'native', ...(name === undefined ? {} : { name }) });

/** Devices with few ids and names, so that two documents share some of them, in another order. */
const devices = fc.uniqueArray(
  fc.record({
    id: fc.constantFrom('a', 'b', 'c', 'd', 'e'),
    name: fc.option(fc.constantFrom('one', 'two\nlines', 'три'), { nil: undefined }),
  }),
  { selector: ({ id }) => id },
);
const bridge = fc.record({ id: fc.constantFrom('z1', 'z2'), devices: fc.option(devices, { nil: undefined }) });
const document = fc.record({
  devices,
  bridges: fc.option(fc.uniqueArray(bridge, { selector: ({ id }) => id }), { nil: undefined }),
  mqtt: fc.dictionary(fc.constantFrom('a', 'b', 'c'), fc.oneof(fc.constant('hash'), fc.record({ user: fc.string() }))),
});

function loaded(given: typeof document extends fc.Arbitrary<infer T> ? T : never): LoadedDocument {
  const behind = (list: readonly { id: string; name: string | undefined }[]) =>
    list.map(({ id, name }) => ({ id: `behind-${id}`, ...(name === undefined ? {} : { name }) }));
  const bridges = given.bridges?.map(({ id, devices: list }) => ({
    ...device(id),
    ...(list === undefined ? {} : { devices: behind(list) }),
  }));
  const site = {
    id: 'home',
    revision: 'r',
    devices: given.devices.map(({ id, name }) => device(id, name)),
    ...(bridges === undefined ? {} : { bridges }),
    consumers: [],
    cameras: [{ id: 'yard', zones: [{ id: 'gate', points: [[0.1, 0.25]] }] }],
    rules: [],
  };
  return { site: site as unknown as Site, secrets: { mqtt: given.mqtt, console: {} } as LoadedDocument['secrets'] };
}

test('a document is the same after its way between two threads, whatever the site was before', () => {
  fc.assert(
    fc.property(document, document, (before, after) => {
      const [old, now] = [loaded(before), loaded(after)];
      const known = { site: old.site, secretOf: (id: string) => old.secrets.mqtt[id] };
      const read = atOnce(documentIn(linesOf(now), known));
      expect(read).toEqual(now);
      // what did not change is the same object
      for (const one of read.site.devices) {
        const same = old.site.devices.find((other) => other.id === one.id && other.name === one.name);
        if (same !== undefined) expect(one).toBe(same);
      }
      expect(read.site.cameras[0]).toBe(old.site.cameras[0]);
    }),
    { numRuns: 200 },
  );
});

test('a bridge whose devices did not change is the same object, with or without a list of them', () => {
  const { site } = loaded({ devices: [], bridges: [{ id: 'z1', devices: undefined }], mqtt: {} });
  const next = loaded({ devices: [], bridges: [{ id: 'z1', devices: [] }], mqtt: {} });
  const known = { site, secretOf: () => undefined };
  expect(atOnce(documentIn(linesOf({ ...next, site }), known)).site.bridges?.[0]).toBe(site.bridges?.[0]);
  expect(atOnce(documentIn(linesOf(next), known)).site.bridges?.[0]).toEqual(next.site.bridges?.[0]);
});

test('an answer that was cut off is refused', () => {
  const lines = linesOf(loaded({ devices: [{ id: 'a', name: 'one' }], bridges: undefined, mqtt: {} }));
  expect(() => atOnce(documentIn(lines.split('\n').slice(0, -1).join('\n')))).toThrow('too few lines');
});
