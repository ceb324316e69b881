/** Compares the gateway's view of the clip of six people with the clip's truth and with an independent reference. */
import type { Box, SceneChange } from '../../edge/vision/messages.ts';
import { overlap } from '../../edge/vision/process/detectors/geometry.ts';
import { type Clip, clipHeight, clipWidth, type Reference, type Truth, type Watched } from './people.ts';

/** The box of a person in the reference, as parts of the picture. */
export function boxOfReference([left, top, right, bottom]: readonly number[]): Box {
  const [x1 = 0, y1 = 0, x2 = 0, y2 = 0] = [left, top, right, bottom];
  return [x1 / clipWidth, y1 / clipHeight, (x2 - x1) / clipWidth, (y2 - y1) / clipHeight];
}

/** How often a person of the clip changed its id, and how many ids belonged to nobody. */
export function idSwitches(
  { people }: Truth,
  { tracks }: Watched,
): { readonly switches: number; readonly strangers: number } {
  const idsBetween = (from: number, to: number) =>
    new Set(tracks.filter(({ t }) => t >= from && t <= to).flatMap((at) => at.tracks.map(({ id }) => id)));
  const known = people.map(({ first, last }) => idsBetween(first, last));
  const everybody = new Set(known.flatMap((ids) => [...ids]));
  return {
    switches: known.reduce((sum, ids) => sum + Math.max(0, ids.size - 1), 0),
    strangers: [...idsBetween(0, Number.POSITIVE_INFINITY)].filter((id) => !everybody.has(id)).length,
  };
}

export interface Match {
  /** times of the truth without a finding */
  readonly missed: readonly number[];
  /** findings without a time of the truth */
  readonly invented: readonly number[];
  /** the largest difference in time, s */
  readonly worst: number;
}

/** Pairs found times with those of the truth, each at most once, in order. */
export function matchTimes(found: readonly number[], truth: readonly number[], toleranceS: number): Match {
  const left = [...found];
  const missed: number[] = [];
  let worst = 0;
  for (const t of truth) {
    const at = left.findIndex((one) => Math.abs(one - t) <= toleranceS + 1e-9);
    if (at < 0) missed.push(t);
    else worst = Math.max(worst, Math.abs((left.splice(at, 1)[0] ?? t) - t));
  }
  return { missed, invented: left, worst: Math.round(worst * 1000) / 1000 };
}

/** Everything of the truth that a gateway must report, by kind. */
export function matches(truth: Truth, watched: Watched): Readonly<Record<string, Match>> {
  const raised = (rule: string) =>
    watched.alerts.filter((alert) => alert.rule === rule && alert.change === 'raised').map(({ t }) => t);
  const changed = (what: SceneChange['change']) =>
    watched.changes.filter(({ change }) => change.change === what).map(({ t }) => t);
  const { visits, crossings, tolerance_s: tolerance } = truth;
  const entered = visits.map(({ enter }) => enter);
  const left = visits.map(({ leave }) => leave);
  const crossed = crossings.map(({ t }) => t);
  const longer = visits.filter(({ dwell_s: dwell }) => dwell > 15).map(({ enter }) => enter + 15);
  return {
    crossings: matchTimes(changed('crossed'), crossed, tolerance),
    crossing_alarms: matchTimes(raised('crossed'), crossed, tolerance),
    crossing_back_alarms: matchTimes(raised('back'), [], tolerance),
    entries: matchTimes(changed('entered'), entered, tolerance),
    entry_alarms: matchTimes(raised('entered'), entered, tolerance),
    exits: matchTimes(changed('left'), left, tolerance),
    exit_alarms: matchTimes(raised('left'), left, tolerance),
    loitering_5s_alarms: matchTimes(
      raised('stays-5'),
      visits.map((visit) => visit.loiter_5s_at),
      tolerance,
    ),
    loitering_15s_alarms: matchTimes(raised('stays-15'), longer, tolerance),
    crowd_alarms: matchTimes(raised('crowd'), [], tolerance),
    // empty for 5 s: after each visit that no other visit follows sooner, and after the last one
    empty_alarms: matchTimes(
      raised('empty'),
      left.map((t) => t + 5),
      tolerance,
    ),
  };
}

export interface Comparison {
  /** number of the reference's boxes with a score of 0.4 or more */
  readonly boxes: number;
  /** differences in words */
  readonly differences: readonly string[];
  readonly leastOverlap: number;
  readonly largestScoreDifference: number;
}

/** Compares found people with the reference, within the tolerance for decoders and scalers that its header names. */
export function compare(reference: Reference, people: Clip['people']): Comparison {
  const differences: string[] = [];
  let [boxes, leastOverlap, largestScoreDifference] = [0, 1, 0];
  for (const { i, persons } of reference.frames) {
    const found = people.get(i) ?? [];
    const wanted = persons.map((person) => ({ box: boxOfReference(person), score: person[4] }));
    for (const { box, score } of wanted) {
      if (score < 0.4) continue;
      boxes++;
      const best = found.toSorted((a, b) => overlap(b.box, box) - overlap(a.box, box))[0];
      const iou = best === undefined ? 0 : overlap(best.box, box);
      const difference = Math.abs((best?.score ?? 0) - score);
      leastOverlap = Math.min(leastOverlap, iou);
      largestScoreDifference = Math.max(largestScoreDifference, difference);
      if (iou < 0.9 || difference > 0.07)
        differences.push(`frame ${i}: score ${score}, found ${best?.score ?? 'nobody'} with an overlap of ${iou}`);
    }
    for (const extra of found)
      if (extra.score >= 0.45 && !wanted.some(({ box }) => overlap(box, extra.box) >= 0.9))
        differences.push(`frame ${i}: somebody with a score of ${extra.score} who is not in the reference`);
  }
  return { boxes, differences, leastOverlap, largestScoreDifference };
}
