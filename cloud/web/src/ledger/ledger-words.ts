/** Lists the events of a gateway that are not in the history, with numbers and reasons by lane. Pure. */
import type { LedgerView } from '../../../ledger/schemas.ts';
import type { PageTexts } from '../texts/page-texts.ts';

type Lane = LedgerView['lanes'][number];
type Ranges = Lane['ranges']['missing'];

export interface LedgerLine {
  readonly key: string;
  readonly tone: 'critical' | 'warning';
  readonly what: string;
  readonly state: string;
  readonly reason: string;
}

/** The text of a badge: '3 missing', 'complete'. */
export function completenessWords({ t }: PageTexts, ledger: LedgerView | undefined): string {
  if (ledger === undefined) return t('centre-page/gateways.not-counted');
  if (ledger.missing > 0) return t('centre-page/gateways.missing', { count: ledger.missing });
  if (ledger.waiting > 0) return t('centre-page/gateways.waiting', { count: ledger.waiting });
  return t('centre-page/gateways.complete');
}

/** The number of events that a badge stands for. */
export function countsWords({ t }: PageTexts, ledger: LedgerView | undefined): string {
  if (ledger === undefined) return t('centre-page/gateways.not-counted-title');
  const { assigned, received, shed, missing, waiting } = ledger;
  return t('centre-page/gateways.counts', { assigned, received, shed, missing, waiting });
}

const shownRanges = 3;
const shownReasons = 2;
/** Most lines on the card; staff read a longer list by the API. */
const shownLines = 6;

/** The lines: missing and lost events first, then shed ones. No lines where every event is stored or waits. */
export function ledgerLines(texts: PageTexts, ledger: LedgerView | undefined): readonly LedgerLine[] {
  if (ledger === undefined) return [];
  const lines = [
    ...ledger.lanes.flatMap((lane) => missingLine(texts, lane)),
    ...ledger.lanes.flatMap((lane) => lostLines(texts, lane)),
    ...ledger.lanes.flatMap((lane) => shedLine(texts, lane)),
  ];
  const more = lines.length - shownLines;
  if (more <= 0) return lines;
  const state = texts.t('centre-page/ledger.more', { count: more });
  const rest = { key: 'more', tone: 'warning', what: '', state, reason: '' } as const;
  return [...lines.slice(0, shownLines), rest];
}

function missingLine(texts: PageTexts, lane: Lane): LedgerLine[] {
  if (lane.missing === 0) return [];
  const { ranges, left_out: leftOut } = lane.ranges.missing;
  const [first, last] = [ranges[0]?.[0] ?? 1, leftOut > 0 ? lane.settled : (ranges.at(-1)?.[1] ?? lane.settled)];
  const command = `forpost replay --lane ${lane.lane} --epoch ${lane.epoch} --from ${first} --to ${last}`;
  const state = texts.t('centre-page/ledger.missing', { count: lane.missing });
  const numbers = numbersWords(texts, lane.ranges.missing);
  return [line(texts, lane, 'critical', state, texts.t('centre-page/ledger.missing-why', { numbers, command }))];
}

/** Losses without numbers: events that never had one, and the end of a lane that was lost with its outbox file. */
function lostLines(texts: PageTexts, lane: Lane): LedgerLine[] {
  const { t, say, count } = texts;
  return lane.gaps.flatMap(({ from, to, count: events, reason: words, reason_i18n: text }) => {
    const reason = say(text, words);
    if (to === null) {
      const why = t('centre-page/ledger.lost-unknown-why', { from: count(from), reason });
      return [line(texts, lane, 'warning', t('centre-page/ledger.lost-unknown'), why)];
    }
    if (to >= from) return [];
    const tone = lane.lane === 'alerts' ? 'critical' : 'warning';
    const state = t('centre-page/ledger.lost', { count: events });
    return [line(texts, lane, tone, state, t('centre-page/ledger.lost-why', { reason }))];
  });
}

function shedLine(texts: PageTexts, lane: Lane): LedgerLine[] {
  const { t, say, count } = texts;
  if (lane.shed === 0) return [];
  const reasons = lane.reasons
    .slice(0, shownReasons)
    .map((one) => `${say(one.reason_i18n, one.reason)} (${count(one.count)})`);
  const more = lane.reasons.length - reasons.length;
  const why = [...reasons, ...(more > 0 ? [t('centre-page/ledger.more-reasons', { count: more })] : [])].join(', ');
  const reason = `${numbersWords(texts, lane.ranges.shed)}: ${why}`;
  return [line(texts, lane, 'warning', t('centre-page/ledger.shed', { count: lane.shed }), reason)];
}

function line(
  { t }: PageTexts,
  { epoch, lane }: Lane,
  tone: LedgerLine['tone'],
  state: string,
  reason: string,
): LedgerLine {
  return {
    key: `${state} ${epoch}/${lane} ${reason}`,
    tone,
    what: t('centre-page/ledger.lane', { lane, epoch: epoch.slice(0, 6) }),
    state,
    reason,
  };
}

/** no. 2–4, 9, 12–15 and 5 more ranges */
function numbersWords({ t, count }: PageTexts, { ranges, left_out: leftOut }: Ranges): string {
  const shown = ranges.slice(0, shownRanges);
  const more = ranges.length - shown.length + leftOut;
  const words = shown.map(([from, to]) => (from === to ? count(from) : `${count(from)}–${count(to)}`)).join(', ');
  return more > 0
    ? t('centre-page/ledger.numbers-more', { ranges: words, more })
    : t('centre-page/ledger.numbers', { ranges: words });
}
