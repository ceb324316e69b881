import fc from 'fast-check';
import { expect, test } from 'vitest';
import * as drafts from './scene-draft.ts';

const empty = drafts.draftOf({ zones: [], lines: [], masks: [], motion_masks: [] });
const corners = [
  [0, 0],
  [1, 0],
  [1, 1],
] as [number, number][];

test('a line is complete with its second end, a zone with three corners and Done', () => {
  const line = drafts.place(drafts.place(drafts.begin(empty, 'line'), [0, 0]), [1, 1]);
  expect(line).toMatchObject({ placing: undefined, selected: 0, shapes: [{ kind: 'line', name: 'Line 1' }] });
  let zone = drafts.begin(empty, 'zone');
  for (const corner of corners.slice(0, 2)) zone = drafts.place(zone, corner);
  expect(drafts.close(zone)).toBe(zone);
  expect(drafts.close(drafts.place(zone, [1, 1])).shapes).toHaveLength(1);
});

test('ids are made from names, none twice; a renamed zone keeps its id', () => {
  const taken = new Set(['drive']);
  expect([drafts.freeId('Straße Süd!', taken), drafts.freeId('Drive', taken), drafts.freeId('***', taken)]).toEqual([
    'strasse-sud',
    'drive-2',
    'area',
  ]);
  const draft = drafts.rename(
    drafts.draftOf({ zones: [{ id: 'drive', points: corners }], lines: [], masks: [], motion_masks: [] }),
    0,
    'Lane',
  );
  expect(drafts.sceneOf(draft).zones).toEqual([{ id: 'drive', name: 'Lane', points: corners }]);
});

test('a motion mask has no id and no rule, and is saved unchanged', () => {
  const scene = { zones: [], lines: [], masks: [{ points: corners }], motion_masks: [{ points: corners }] };
  const draft = drafts.draftOf(scene);
  expect(draft.shapes.map(({ kind }) => kind)).toEqual(['mask', 'motion']);
  expect(drafts.sceneOf(draft)).toEqual(scene);
  expect(drafts.sceneOf(drafts.remove(draft, 1))).toEqual({ ...scene, motion_masks: [] });
});

test('a zone that rules watch names these rules', () => {
  const rules = [{ id: 'r', name: 'Intruder', kind: 'zone-entered', zone: 'drive' }];
  const [zone] = drafts.draftOf({
    zones: [{ id: 'drive', points: corners }],
    lines: [],
    masks: [],
    motion_masks: [],
  }).shapes;
  expect(drafts.usedBy(zone!, rules)).toEqual(rules);
  expect(drafts.usedBy({ ...zone!, kind: 'line' }, rules)).toEqual([]);
});

test('after any gestures a shape lies in the picture and has enough corners', () => {
  const unit = fc.double({ min: -2, max: 3, noNaN: true });
  const point = fc.tuple(unit, unit);
  const gesture = fc.oneof(
    fc.record({ what: fc.constantFrom('movePoint', 'insertPoint'), corner: fc.nat(2), at: point }),
    fc.record({ what: fc.constantFrom('moveShape'), corner: fc.nat(2), at: point }),
    fc.record({ what: fc.constantFrom('removePoint'), corner: fc.nat(2), at: point }),
  );
  fc.assert(
    fc.property(
      fc.array(gesture, { maxLength: 20 }),
      fc.constantFrom('zone' as const, 'line' as const),
      (gestures, kind) => {
        const points = kind === 'line' ? corners.slice(0, 2) : corners;
        let draft: drafts.Draft = { shapes: [{ kind, id: '', name: '', points }], selected: 0, placing: undefined };
        for (const { what, corner, at } of gestures) {
          const own = Math.min(corner, (draft.shapes[0]?.points.length ?? 1) - 1);
          if (what === 'movePoint') draft = drafts.movePoint(draft, 0, own, at);
          else if (what === 'insertPoint') draft = drafts.insertPoint(draft, 0, own, at);
          else if (what === 'moveShape') draft = drafts.moveShape(draft, 0, at);
          else draft = drafts.removePoint(draft, 0, own);
        }
        const [shape] = draft.shapes;
        expect(shape === undefined ? false : drafts.isWhole(shape)).toBe(true);
        for (const [x, y] of shape?.points ?? [])
          expect(x >= -1e-9 && x <= 1 + 1e-9 && y >= -1e-9 && y <= 1 + 1e-9).toBe(true);
      },
    ),
  );
});
