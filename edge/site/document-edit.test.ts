import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { withEdits } from './document-edit.ts';

const text = `# the farm
site: { id: farm-7, timezone: Europe/Berlin }
devices:
  - id: meter-7 # in the cellar
    decoder: native
  - { id: plug, decoder: shelly, name: Plug }
rules:
  # at night
  - { id: overload, kind: threshold, device: meter-7, metric: power_w, above: 7500 }
`;

test('an edit of one field touches its line alone, and every comment stays', () => {
  const edited = withEdits(text, [{ set: ['devices', 'plug', 'name'], value: 'Kitchen' }]);
  expect(edited).toBe(text.replace('name: Plug', 'name: Kitchen'));
  expect(withEdits(text, [{ set: ['devices', 'meter-7', 'name'], value: 'Cellar' }])).toBe(
    text.replace('    decoder: native\n', '    decoder: native\n    name: Cellar\n'),
  );
});

test('a new entry is appended with its id, also to a list that the document does not have yet', () => {
  const edited = withEdits(text, [
    { set: ['devices', 'lamp'], value: { decoder: 'tasmota' } },
    { set: ['cameras', 'yard'], value: { url: 'rtsp://10.0.0.7/a' } },
    {
      set: ['cameras', 'yard', 'zones', 'gate'],
      value: {
        points: [
          [0, 0],
          [1, 0],
          [1, 1],
        ],
      },
    },
  ]);
  expect(parse(edited)).toMatchObject({
    devices: [{ id: 'meter-7' }, { id: 'plug' }, { id: 'lamp', decoder: 'tasmota' }],
    cameras: [
      {
        id: 'yard',
        url: 'rtsp://10.0.0.7/a',
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
  });
  expect(edited).toContain('# in the cellar');
});

test('a whole entry that is set again keeps what is the same, and loses the keys that it no longer has', () => {
  const edited = withEdits(text, [{ set: ['devices', 'plug'], value: { decoder: 'shelly', place: 'hall' } }]);
  expect(parse(edited).devices[1]).toEqual({ id: 'plug', decoder: 'shelly', place: 'hall' });
  expect(withEdits(text, [{ set: ['devices', 'meter-7'], value: { decoder: 'native' } }])).toBe(text);
});

test('a removed entry leaves the others and their comments', () => {
  const edited = withEdits(text, [{ remove: ['devices', 'plug'] }, { remove: ['rules', 'overload', 'above'] }]);
  expect(edited).toContain('# at night');
  expect(parse(edited)).toMatchObject({ devices: [{ id: 'meter-7' }], rules: [{ id: 'overload' }] });
});

test.each([
  [[{ remove: ['devices', 'nobody'] }], 'devices.nobody is not in the document'],
  [[{ set: [], value: 1 }], 'names nothing'],
  [[{ set: ['devices', 7, 'name'], value: 'x' }], 'devices.7 is beyond the end of the list'],
] as const)('an edit that does not fit is refused by name: %j', (edits, reason) => {
  expect(() => withEdits(text, edits)).toThrow(reason);
});
