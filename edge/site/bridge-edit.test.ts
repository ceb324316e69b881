import { expect, test } from 'vitest';
import { withNamedDevice } from './bridge-edit.ts';

const text = `# home
bridges:
  - id: zigbee # in the cellar
    decoder: zigbee2mqtt
    devices:
      - { id: hall, source: Hall sensor, place: Hall }
  - id: hub
    decoder: native
`;

test('a found device is appended behind its bridge, and comments stay', () => {
  const named = withNamedDevice(text, 'hub', { id: 'cellar', source: 's1', name: 'Cellar' });
  expect(named).toBe(`${text}    devices:\n      - id: cellar\n        source: s1\n        name: Cellar\n`);
});

test('a device gets the new name that its bridge has given it, and keeps what people have written', () => {
  const named = withNamedDevice(text, 'zigbee', { id: 'hall', source: '0x02' });
  expect(named).toBe(text.replace('source: Hall sensor', 'source: "0x02"'));
});

test('a device moves to another bridge with its id, name and place', () => {
  const moved = withNamedDevice(text, 'hub', { id: 'hall', source: 's2' });
  expect(moved).toContain('devices: []');
  expect(moved).toContain('      - id: hall\n        source: s2\n        place: Hall\n');
});
