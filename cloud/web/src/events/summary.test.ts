import { expect, test } from 'vitest';
import type { EventView } from '../../../events/schemas.ts';
import { english } from '../../testing/page-texts.ts';
import { eventWords } from './summary.ts';

const words = (type: string, data: unknown) => {
  const { kind, text } = eventWords(english, { type, data } as EventView);
  return `${kind} | ${text}`.replaceAll('\u00a0', ' ');
};

test.each([
  [
    'forpost.reading.v1',
    { values: { power_w: 5131, on: true }, channel: 'a', quality: 'stale' },
    'Reading | a: Power 5.13 kW · On on (stale)',
  ],
  ['forpost.alert.v1', { change: 'raised', message: 'too much', severity: 'critical' }, 'Alert | raised: too much'],
  [
    'forpost.vision.observation.v1',
    { class: 'person', change: 'entered', zone: 'yard', score: 0.871 },
    'Camera | person entered yard (87 %)',
  ],
  [
    'forpost.vision.observation.v1',
    { class: 'person', change: 'crossed', line: 'fence', to: 'right', score: 0.9 },
    'Camera | person crossed fence to the right (90 %)',
  ],
  [
    'forpost.vision.observation.v1',
    { class: 'car', change: 'parked', zone: 'yard', score: 0.9 },
    'Camera | car parked in yard (90 %)',
  ],
  [
    'forpost.vision.count.v1',
    { camera: 'a', zone: 'door', class: 'person', seconds: 60, entered: 3, left: 2, now: 1, most: 2 },
    'Count | door, person: 3 entered, 2 left, 1 there now in 1 min',
  ],
  [
    'forpost.vision.count.v1',
    { camera: 'a', line: 'fence', class: 'person', seconds: 60, crossed: { right: 2, up: 1 } },
    'Count | fence, person: 2 to the right, 1 up in 1 min',
  ],
  [
    'forpost.gap.v1',
    { count: 812, from: '1000', to: '1811', lane: 'telemetry', reason: 'the disk was full' },
    'Gap | telemetry, events no. 1,000–1,811 that had not been received (812 events): the disk was full',
  ],
  [
    'forpost.gap.v1',
    { count: 0, from: '7', to: null, lane: 'telemetry', reason: 'damaged' },
    'Gap | telemetry, events from no. 7 on that had not been received, number not known: damaged',
  ],
  [
    'forpost.gap.v1',
    { count: 1, from: '1', to: '0', lane: 'alerts', reason: 'given up' },
    'Gap | alerts, 1 event lost before a number was given: given up',
  ],
  [
    'forpost.gateway.v1',
    { change: 'started', message: 'the gateway was started' },
    'Gateway | the gateway was started',
  ],
  ['forpost.dream.v9', { mood: 'blue' }, 'dream | {"mood":"blue"}'],
  ['forpost.reading.v1', null, 'Reading | '],
  ['forpost.alert.v1', 'odd', 'Alert | changed: '],
  [
    'forpost.alert.v1',
    { change: 'cleared', active: false, message: 'Gate is empty again', summary: 'Somebody in Gate' },
    'Alert | cleared: Somebody in Gate (Gate is empty again)',
  ],
  [
    'forpost.alert.v1',
    { change: 'acknowledged', active: false, message: 'empty', summary: 'Somebody in Gate', acknowledged_by: 'anna' },
    'Alert | acknowledged by anna: Somebody in Gate',
  ],
])('%s is said in a line, whatever it carries', (type, data, line) => {
  expect(words(type, data)).toBe(line);
});

test('a long line is cut', () => {
  expect(words('forpost.gateway.v1', { message: 'x'.repeat(5000) }).length).toBeLessThan(300);
});
