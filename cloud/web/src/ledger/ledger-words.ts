/** What of a gateway is not in the history, and why, in staff's words: which numbers of which lane. Pure. */
import type { LedgerView } from '../../../ledger/schemas.ts';
import { count, countOf } from '../format.ts';

type Lane = LedgerView['lanes'][number];
type Ranges = Lane['ranges']['missing'];

export interface LedgerLine {
  readonly key: string;
  readonly tone: 'critical' | 'warning';
  readonly what: string;
  readonly state: string;
  readonly reason: string;
}

const shownRanges = 3;
const shownReasons = 2;
/** A site with more of them needs the API, not a card. */
const shownLines = 6;

/** What is missing or lost first, then what was shed; nothing where all of it is there or waits. */
export function ledgerLines(ledger: LedgerView | undefined): readonly LedgerLine[] {
  if (ledger === undefined) return [];
  const lines = [
    ...ledger.lanes.flatMap(missingLine),
    ...ledger.lanes.flatMap(lostLines),
    ...ledger.lanes.flatMap(shedLine),
  ];
  const more = lines.length - shownLines;
  if (more <= 0) return lines;
  const rest = { key: 'more', tone: 'warning', what: '', state: `and ${count(more)} more`, reason: '' } as const;
  return [...lines.slice(0, shownLines), rest];
}

function missingLine(lane: Lane): LedgerLine[] {
  if (lane.missing === 0) return [];
  const { ranges, left_out: leftOut } = lane.ranges.missing;
  const [first, last] = [ranges[0]?.[0] ?? 1, leftOut > 0 ? lane.settled : (ranges.at(-1)?.[1] ?? lane.settled)];
  const again = `forpost replay --lane ${lane.lane} --epoch ${lane.epoch} --from ${first} --to ${last}`;
  const reason = `${numbers(lane.ranges.missing)}: called safe, but not here. On the gateway, to send them again: ${again}`;
  return [line(lane, 'critical', `${countOf(lane.missing, 'event')} missing`, reason)];
}

/** What no number tells of: events that never had one, and the end of a lane that was lost with its file. */
function lostLines(lane: Lane): LedgerLine[] {
  return lane.gaps.flatMap(({ from, to, count: events, reason }) => {
    if (to === null)
      return [
        line(
          lane,
          'warning',
          'lost, how many is not known',
          `what had not been received of no. ${count(from)} on: ${reason}`,
        ),
      ];
    if (to >= from) return [];
    return [
      line(
        lane,
        lane.lane === 'alerts' ? 'critical' : 'warning',
        `${countOf(events, 'event')} lost`,
        `never had a number: ${reason}`,
      ),
    ];
  });
}

function shedLine(lane: Lane): LedgerLine[] {
  if (lane.shed === 0) return [];
  const reasons = lane.reasons.slice(0, shownReasons).map((one) => `${one.reason} (${count(one.count)})`);
  const more = lane.reasons.length - reasons.length;
  const why = [...reasons, ...(more > 0 ? [countOf(more, 'more reason', 'more reasons')] : [])].join(', ');
  return [line(lane, 'warning', `${countOf(lane.shed, 'event')} shed`, `${numbers(lane.ranges.shed)}: ${why}`)];
}

function line({ epoch, lane }: Lane, tone: LedgerLine['tone'], state: string, reason: string): LedgerLine {
  return {
    key: `${state} ${epoch}/${lane} ${reason}`,
    tone,
    what: `${lane}, start ${epoch.slice(0, 6)}`,
    state,
    reason,
  };
}

/** 2–4, 9, 12–15 and 5 more ranges */
function numbers({ ranges, left_out: leftOut }: Ranges): string {
  const shown = ranges.slice(0, shownRanges);
  const more = ranges.length - shown.length + leftOut;
  const texts = shown.map(([from, to]) => (from === to ? count(from) : `${count(from)}–${count(to)}`));
  return `no. ${texts.join(', ')}${more > 0 ? ` and ${countOf(more, 'more range', 'more ranges')}` : ''}`;
}
