/**
 * Counts, per period and class, the entries, exits and crossings at a camera's zones and lines, as figures for charts.
 * Each change is also an event of its own; the sums save adding up a day of events.
 *
 * Always: a zone or line without a change in the period gives no count; `now` includes parked things; a zone and class
 * that is empty and reported is forgotten.
 */
import type { VisionCountData } from '@forpost/shared/event/event.ts';
import type { LineSide, SceneChange, Track } from './messages.ts';

interface ZoneCount {
  entered: number;
  left: number;
  now: number;
  most: number;
  changed: boolean;
}

type LineCount = Partial<Record<LineSide, number>>;

interface CameraCounts {
  /** by zone, then class */
  readonly zones: Map<string, Map<string, ZoneCount>>;
  /** by line, then class */
  readonly lines: Map<string, Map<string, LineCount>>;
}

export class VisionCounts {
  readonly #cameras = new Map<string, CameraCounts>();

  /** Counts one analysed frame; returns whether there is anything new to report. */
  observe(camera: string, changes: readonly SceneChange[], tracks: readonly Track[]): boolean {
    if (changes.length === 0) return false;
    const counts = this.#of(camera);
    for (const change of changes) {
      const { class: name } = change.track;
      if (change.change === 'crossed') {
        const line = inner(counts.lines, change.line, name, (): LineCount => ({}));
        line[change.to] = (line[change.to] ?? 0) + 1;
      } else if (change.change === 'entered' || change.change === 'left') {
        const zone = inner(counts.zones, change.zone, name, newZone);
        zone[change.change]++;
        zone.changed = true;
      }
    }
    for (const [id, classes] of counts.zones)
      for (const [name, zone] of classes) {
        zone.now = tracks.filter((track) => track.class === name && track.zones.includes(id)).length;
        zone.most = Math.max(zone.most, zone.now);
      }
    return true;
  }

  /** The camera's tracks are lost: sets its zones to empty. Returns whether that changed a count. */
  lost(camera: string): boolean {
    let changed = false;
    for (const classes of this.#cameras.get(camera)?.zones.values() ?? [])
      for (const zone of classes.values())
        if (zone.now > 0) {
          zone.now = 0;
          zone.changed = true;
          changed = true;
        }
    return changed;
  }

  /** Returns the counts that changed since the last call, `seconds` ago, and begins a new period. */
  endPeriod(seconds: number): VisionCountData[] {
    const changedCounts: VisionCountData[] = [];
    for (const [camera, { zones, lines }] of this.#cameras) {
      for (const [zone, classes] of zones)
        for (const [name, { entered, left, now, most, changed }] of classes) {
          if (changed) changedCounts.push({ camera, zone, class: name, seconds, entered, left, now, most });
          if (now === 0) classes.delete(name);
          else classes.set(name, { ...newZone(), now, most: now });
        }
      for (const [line, classes] of lines)
        for (const [name, crossed] of classes) changedCounts.push({ camera, line, class: name, seconds, crossed });
      lines.clear();
    }
    return changedCounts;
  }

  #of(camera: string): CameraCounts {
    const known = this.#cameras.get(camera);
    if (known !== undefined) return known;
    const counts: CameraCounts = { zones: new Map(), lines: new Map() };
    this.#cameras.set(camera, counts);
    return counts;
  }
}

function newZone(): ZoneCount {
  return { entered: 0, left: 0, now: 0, most: 0, changed: false };
}

function inner<T>(outer: Map<string, Map<string, T>>, key: string, name: string, make: () => T): T {
  const map = outer.get(key) ?? new Map<string, T>();
  outer.set(key, map);
  const value = map.get(name) ?? make();
  map.set(name, value);
  return value;
}
