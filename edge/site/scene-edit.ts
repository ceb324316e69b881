/**
 * Changes what is drawn in one camera's picture (zones, lines, masks of both kinds) in the text of the site's file.
 * Pure: a text in, a text out.
 *
 * Always: comments, order and everything else of the file stay; an entry that was there keeps its own comments and the
 * keys that the page does not know; the values of all other entries are the same before and after.
 */
import { changedYaml } from '@forpost/shared/config/changed-yaml.ts';
import { ForpostError } from '@forpost/shared/errors.ts';
import { type Document, isMap, isSeq, parseDocument, type YAMLMap } from 'yaml';
import type { LineConfig, MaskConfig, MotionMaskConfig, ZoneConfig } from './site.ts';

/** What an installer draws over a camera's picture. All coordinates 0..1 of the picture, from the top left. */
export interface CameraScene {
  readonly zones: readonly ZoneConfig[];
  readonly lines: readonly LineConfig[];
  readonly masks: readonly MaskConfig[];
  readonly motion_masks: readonly MotionMaskConfig[];
}

interface Entry {
  readonly id?: string;
  readonly name?: string;
  readonly points: readonly (readonly number[])[];
}

/** A tenth of a pixel of a picture of 1000: more digits only make the file hard to read. */
const digits = 4;

/** @throws ForpostError FORPOST_CONFIG_INVALID where the text is none, or has no such camera */
export function withScene(text: string, camera: string, scene: CameraScene): string {
  const document = parseDocument(text);
  if (document.errors.length > 0) throw unusable(`it is not YAML: ${document.errors[0]?.message.split('\n')[0]}`);
  const cameras = document.get('cameras', true);
  const node = isSeq(cameras) ? cameras.items.find((item) => isMap(item) && item.get('id') === camera) : undefined;
  if (!isMap(node)) throw unusable(`it has no camera "${camera}"`);
  for (const key of ['zones', 'lines', 'masks', 'motion_masks'] as const) setEntries(document, node, key, scene[key]);
  return changedYaml(document, text);
}

function setEntries(document: Document, camera: YAMLMap, key: keyof CameraScene, wanted: readonly Entry[]): void {
  const list = camera.get(key, true);
  if (!isSeq(list)) {
    if (wanted.length === 0) camera.delete(key);
    else camera.set(key, document.createNode(wanted.map((entry) => entryNode(document, entry))));
    return;
  }
  const known = list.items.filter((item) => isMap(item));
  const kept = new Set<unknown>();
  wanted.forEach((entry, index) => {
    // masks need no id: those without one go by their place
    const same = entry.id === undefined ? known[index] : known.find((item) => item.get('id') === entry.id);
    if (same === undefined || kept.has(same)) {
      const added = entryNode(document, entry);
      list.add(added);
      kept.add(added);
      return;
    }
    kept.add(same);
    if (entry.name === undefined) same.delete('name');
    else if (same.get('name') !== entry.name) same.set('name', entry.name);
    const before: unknown = same.toJS(document).points;
    if (JSON.stringify(before) !== JSON.stringify(rounded(entry.points)))
      same.set('points', document.createNode(rounded(entry.points), { flow: true }));
  });
  list.items = list.items.filter((item) => kept.has(item));
  if (list.items.length === 0) camera.delete(key);
}

function entryNode(document: Document, { id, name, points }: Entry): YAMLMap {
  const value = {
    ...(id === undefined ? {} : { id }),
    ...(name === undefined ? {} : { name }),
    points: rounded(points),
  };
  return document.createNode(value, { flow: true }) as YAMLMap;
}

function rounded(points: Entry['points']): readonly (readonly number[])[] {
  return points.map((point) => point.map((value) => Number(value.toFixed(digits))));
}

function unusable(why: string): ForpostError {
  return new ForpostError('FORPOST_CONFIG_INVALID', `the site's file cannot be changed: ${why}`);
}
