/**
 * An installer's unsaved drawing. Pure functions: a draft and a gesture in, a draft out. Coordinates are 0..1 of the
 * picture, from the top left.
 *
 * Always: every point lies in the picture; a zone or mask has at least three corners, a line has two ends; saved zones and
 * lines keep their ids, because rules refer to them.
 */
import type { CameraRule, CameraScene } from '../view.ts';
import { t } from './texts.ts';

export type Point = readonly [number, number];
/** motion: a motion mask, an area whose motion does not wake the detector */
export type ShapeKind = 'zone' | 'line' | 'mask' | 'motion';

export interface Shape {
  readonly kind: ShapeKind;
  /** empty for a new shape, whose id is made from its name when it is saved */
  readonly id: string;
  readonly name: string;
  readonly points: readonly Point[];
}

export interface Draft {
  readonly shapes: readonly Shape[];
  /** index of the selected shape */
  readonly selected: number | undefined;
  /** the new shape that is being placed, corner by corner */
  readonly placing: Shape | undefined;
}

export const fewestCorners = 3;
export const mostCorners = 64;
export const shapeTitles: Readonly<Record<ShapeKind, string>> = {
  zone: t('gateway-page/editor.zone'),
  line: t('gateway-page/editor.line'),
  mask: t('gateway-page/editor.mask'),
  motion: t('gateway-page/editor.motion'),
};
export const shapeKinds = ['zone', 'line', 'mask', 'motion'] as const;
/** How each kind is drawn. */
export const drawHints: Readonly<Record<ShapeKind, string>> = {
  zone: t('gateway-page/editor.hint-zone'),
  line: t('gateway-page/editor.hint-line'),
  mask: t('gateway-page/editor.hint-mask'),
  motion: t('gateway-page/editor.hint-motion'),
};
export const newTitles: Readonly<Record<ShapeKind, string>> = {
  zone: t('gateway-page/editor.new-zone'),
  line: t('gateway-page/editor.new-line'),
  mask: t('gateway-page/editor.new-mask'),
  motion: t('gateway-page/editor.new-motion'),
};
const longestId = 64;

export function draftOf({ zones, lines, masks, motion_masks: motion }: CameraScene): Draft {
  const shape =
    (kind: ShapeKind) =>
    ({ id = '', name, points }: { id?: string; name?: string; points: readonly Point[] }): Shape => ({
      kind,
      id,
      points,
      name: name ?? id,
    });
  const shapes = [
    ...zones.map(shape('zone')),
    ...lines.map(shape('line')),
    ...masks.map(shape('mask')),
    ...motion.map(shape('motion')),
  ];
  return { shapes, selected: undefined, placing: undefined };
}

/** Begins a new shape; its corners follow. */
export function begin(draft: Draft, kind: ShapeKind): Draft {
  const count = draft.shapes.filter((shape) => shape.kind === kind).length + 1;
  return {
    ...draft,
    selected: undefined,
    placing: { kind, id: '', name: `${shapeTitles[kind]} ${count}`, points: [] },
  };
}

/** Adds a corner to the shape that is being placed; a line is complete with its second end. */
export function place(draft: Draft, point: Point): Draft {
  const { placing } = draft;
  if (placing === undefined || placing.points.length >= mostCorners) return draft;
  const next = { ...placing, points: [...placing.points, inside(point)] };
  return next.kind === 'line' && next.points.length === 2
    ? close({ ...draft, placing: next })
    : { ...draft, placing: next };
}

/** Removes the last corner; without one, the placing ends. */
export function unplace(draft: Draft): Draft {
  const { placing } = draft;
  if (placing === undefined || placing.points.length === 0) return { ...draft, placing: undefined };
  return { ...draft, placing: { ...placing, points: placing.points.slice(0, -1) } };
}

/** Completes the shape that is being placed, where it has enough corners. */
export function close(draft: Draft): Draft {
  const { placing } = draft;
  if (placing === undefined || !isWhole(placing)) return draft;
  return { shapes: [...draft.shapes, placing], selected: draft.shapes.length, placing: undefined };
}

/** Whether a tap at `at` closes the shape: within `near` (units of `size`) of its first corner. */
export function closesAt(
  { points, kind }: Shape,
  at: Point,
  size: { readonly width: number; readonly height: number },
  near: number,
): boolean {
  const [first] = points;
  if (kind === 'line' || first === undefined || points.length < fewestCorners) return false;
  return Math.hypot((at[0] - first[0]) * size.width, (at[1] - first[1]) * size.height) < near;
}

export function isWhole({ kind, points }: Shape): boolean {
  return kind === 'line' ? points.length === 2 : points.length >= fewestCorners;
}

export function select(draft: Draft, index: number | undefined): Draft {
  return { ...draft, selected: index };
}

export function movePoint(draft: Draft, shape: number, corner: number, to: Point): Draft {
  return change(draft, shape, (one) => ({ ...one, points: one.points.with(corner, inside(to)) }));
}

/** Inserts a corner after `corner`; a line gets none. */
export function insertPoint(draft: Draft, shape: number, corner: number, at: Point): Draft {
  return change(draft, shape, (one) =>
    one.kind === 'line' || one.points.length >= mostCorners
      ? one
      : { ...one, points: one.points.toSpliced(corner + 1, 0, inside(at)) },
  );
}

export function removePoint(draft: Draft, shape: number, corner: number): Draft {
  return change(draft, shape, (one) =>
    one.kind === 'line' || one.points.length <= fewestCorners
      ? one
      : { ...one, points: one.points.toSpliced(corner, 1) },
  );
}

/** Moves the whole shape, but not out of the picture. */
export function moveShape(draft: Draft, shape: number, [dx, dy]: Point): Draft {
  return change(draft, shape, (one) => {
    const xs = one.points.map(([x]) => x);
    const ys = one.points.map(([, y]) => y);
    const x = Math.min(1 - Math.max(...xs), Math.max(-Math.min(...xs), dx));
    const y = Math.min(1 - Math.max(...ys), Math.max(-Math.min(...ys), dy));
    return { ...one, points: one.points.map((point) => [point[0] + x, point[1] + y] as const) };
  });
}

export function rename(draft: Draft, shape: number, name: string): Draft {
  return change(draft, shape, (one) => ({ ...one, name }));
}

export function remove(draft: Draft, shape: number): Draft {
  return { ...draft, shapes: draft.shapes.toSpliced(shape, 1), selected: undefined };
}

/** Rules that watch the shape, because of which it cannot be deleted. */
export function usedBy({ kind, id }: Shape, rules: readonly CameraRule[]): readonly CameraRule[] {
  if (id === '' || kind === 'mask' || kind === 'motion') return [];
  return rules.filter((rule) => rule[kind] === id);
}

/** The draft as the gateway saves it: every zone and line has an id; a new one gets it from its name. */
export function sceneOf({ shapes }: Draft): CameraScene {
  const taken = new Set(shapes.map(({ id }) => id));
  const named = (kind: ShapeKind) =>
    shapes
      .filter((shape) => shape.kind === kind)
      .map(({ id, name, points }) => {
        const own = id === '' ? freeId(name === '' ? kind : name, taken) : id;
        const title = name.trim();
        return {
          id: own,
          ...(title === '' || title === own ? {} : { name: title }),
          points: points.map(([x, y]) => [x, y] as [number, number]),
        };
      });
  return {
    zones: named('zone'),
    lines: named('line').map((line) => ({ ...line, points: [line.points[0] ?? [0, 0], line.points[1] ?? [1, 1]] })),
    masks: shapes
      .filter(({ kind }) => kind === 'mask')
      .map(({ id, points }) => ({
        ...(id === '' ? {} : { id }),
        points: points.map(([x, y]) => [x, y] as [number, number]),
      })),
    motion_masks: shapes
      .filter(({ kind }) => kind === 'motion')
      .map(({ points }) => ({ points: points.map(([x, y]) => [x, y] as [number, number]) })),
  };
}

/** A free id (`[a-z0-9-]{1,64}`) from a person's text; adds it to the taken ones. */
export function freeId(name: string, taken: Set<string>): string {
  const base =
    name
      .normalize('NFKD')
      .toLowerCase()
      .replaceAll('ß', 'ss')
      .replace(/[\u0300-\u036f]/g, '')
      .replace(/[^a-z0-9]+/g, '-')
      .replace(/^-+|-+$/g, '')
      .slice(0, longestId - 4) || 'area';
  let id = base;
  for (let number = 2; taken.has(id); number++) id = `${base}-${number}`;
  taken.add(id);
  return id;
}

function change(draft: Draft, index: number, to: (shape: Shape) => Shape): Draft {
  const shape = draft.shapes[index];
  return shape === undefined ? draft : { ...draft, shapes: draft.shapes.with(index, to(shape)) };
}

function inside([x, y]: Point): Point {
  const within = (value: number) => Math.min(1, Math.max(0, value));
  return [within(x), within(y)];
}
