/** Tracking of six people in a real clip, against an independent reference and the truth noted by a person. */
import { beforeAll, describe, expect, test } from 'vitest';
import { type Clip, readReference, watchPeople } from '../harness/people.ts';
import { compare, idSwitches, matches } from '../harness/people-judged.ts';
import { unless } from '../harness/unless.ts';
import { withoutSharedData } from './detector-fixtures.ts';

/** most id switches of all people together */
const mostSwitches: Readonly<Record<number, number>> = { 10: 1, 5: 2 };

describe('the real clip of six people', unless(withoutSharedData), () => {
  let clip: Clip;

  beforeAll(async () => {
    clip = await watchPeople();
  }, 600_000);

  test('every frame has exactly the people of the reference', async () => {
    const { boxes, differences } = compare(await readReference(), clip.people);
    expect(differences).toEqual([]);
    expect(boxes).toBeGreaterThan(200);
  });

  test.each([0, 1])('every visit and crossing is reported in time and none is invented (rate %i)', (rate) => {
    const watched = clip.watched[rate]!;
    for (const [what, { missed, invented }] of Object.entries(matches(clip.truth, watched)))
      expect({ fps: watched.fps, what, missed, invented }).toEqual({
        fps: watched.fps,
        what,
        missed: [],
        invented: [],
      });
  });

  test('people keep their ids, and every id belongs to a person', () => {
    for (const watched of clip.watched) {
      const { switches, strangers } = idSwitches(clip.truth, watched);
      console.info(`at ${watched.fps} frames a second: ${switches} id switches of ${clip.truth.people.length} people`);
      expect(switches).toBeLessThanOrEqual(mostSwitches[watched.fps]!);
      expect(strangers).toBe(0);
    }
  });
});
