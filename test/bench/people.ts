/**
 * The accuracy of tracking people: the real clip at 10 and at 5 frames a second, against the independent reference and the
 * known truth. The figures do not depend on the machine's speed.
 */
import { createReport, type Report } from '../../scripts/report.ts';
import { sharedData } from '../contract/detector-fixtures.ts';
import { readReference, watchPeople } from '../harness/people.ts';
import { compare, idSwitches, matches } from '../harness/people-judged.ts';

/** most id switches of the six people together, at each rate */
const mostSwitches: Readonly<Record<number, number>> = { 10: 1, 5: 2 };

/** @throws Error when the clip is missing */
export async function people(): Promise<Report> {
  if (sharedData === undefined) throw new Error('there is no ../shared/data beside the repository: no clip to watch');
  const report = createReport('people');
  const clip = await watchPeople();
  const { boxes, differences, leastOverlap, largestScoreDifference } = compare(await readReference(), clip.people);
  report.samples(clip.people.size);
  report
    .metric('reference_boxes', boxes)
    .metric('reference_differences', differences.length)
    .metric('reference_least_iou', leastOverlap)
    .metric('reference_largest_score_difference', largestScoreDifference)
    .goal('reference_differences', '=', 0);
  for (const watched of clip.watched) {
    const at = `at_${watched.fps}_fps`;
    for (const [what, { missed, invented, worst }] of Object.entries(matches(clip.truth, watched))) {
      report
        .metric(`${what}_missed_${at}`, missed.length)
        .metric(`${what}_invented_${at}`, invented.length)
        .metric(`${what}_off_s_${at}`, worst)
        .goal(`${what}_missed_${at}`, '=', 0)
        .goal(`${what}_invented_${at}`, '=', 0);
    }
    const { switches, strangers } = idSwitches(clip.truth, watched);
    report
      .metric(`id_switches_${at}`, switches)
      .metric(`strangers_${at}`, strangers)
      .metric(`frames_analysed_${at}`, watched.analysed)
      .goal(`id_switches_${at}`, '<=', mostSwitches[watched.fps] ?? 0)
      .goal(`strangers_${at}`, '=', 0);
  }
  return report;
}
