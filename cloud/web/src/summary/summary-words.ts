/** The texts of the page's four figures. Pure. Always: a zero is shown only after an answer of the centre. */
import { type Asked, type DeskState, oldOf } from '../live/desk-state.ts';
import { asOfWords } from '../parts/as-of-words.ts';
import type { Tone } from '../parts/mark.tsx';
import type { PageTexts } from '../texts/page-texts.ts';

export interface Figure {
  readonly label: string;
  readonly value: string;
  readonly note: string;
  readonly tone: Tone;
}

/** The four figures. Outdated figures show their time and have no colour. `now`: ms since 1970 by the centre's clock. */
export function summaryFigures(texts: PageTexts, state: DeskState, now = 0): readonly Figure[] {
  const figures = [alarmsFigure, gatewaysFigure, waitingFigure, missingFigure].map((figure) => figure(texts, state));
  const old = oldOf(state);
  if (old === undefined) return figures;
  const asOf = asOfWords(texts, old, now);
  return figures.map((figure) => ({ ...figure, note: `${figure.note}, ${asOf}`, tone: 'quiet' }));
}

const noValue = '–';

function unknown({ t }: PageTexts, label: string, { problem }: Asked): Figure {
  return problem === ''
    ? { label, value: noValue, note: t('centre-page/summary.asking'), tone: 'quiet' }
    : { label, value: noValue, note: t('centre-page/summary.unknown'), tone: 'warning' };
}

function alarmsFigure(texts: PageTexts, { alarms, asked, moreActive }: DeskState): Figure {
  const { t, count } = texts;
  const label = t('centre-page/summary.alarms');
  const open = [...alarms.values()].filter((alarm) => alarm.open && !alarm.test);
  if (open.length === 0 && (!asked.alarms.answered || asked.alarms.problem !== ''))
    return unknown(texts, label, asked.alarms);
  const critical = open.filter(({ severity }) => severity === 'critical').length;
  const unacknowledged = open.filter(({ acknowledged }) => !acknowledged).length;
  const over = open.filter(({ active }) => !active).length;
  const unsure = asked.alarms.problem !== '' || !asked.alarms.answered || moreActive;
  const note =
    open.length === 0
      ? t('centre-page/summary.nothing-to-do')
      : over === 0
        ? t('centre-page/summary.open', { critical, unacknowledged })
        : t('centre-page/summary.open-over', { critical, unacknowledged, over });
  return {
    label,
    value: `${count(open.length)}${unsure ? '+' : ''}`,
    note,
    tone: critical > 0 ? 'critical' : open.length > 0 ? 'warning' : 'quiet',
  };
}

function gatewaysFigure(texts: PageTexts, { gateways, asked }: DeskState): Figure {
  const { t } = texts;
  const label = t('centre-page/summary.gateways');
  if (!asked.gateways.answered) return unknown(texts, label, asked.gateways);
  const offline = [...gateways.values()].filter(({ online }) => !online).length;
  if (gateways.size === 0) return { label, value: noValue, note: t('centre-page/summary.no-reports'), tone: 'quiet' };
  return {
    label,
    value: t('centre-page/summary.of-all', { online: gateways.size - offline, all: gateways.size }),
    note: offline === 0 ? t('centre-page/summary.all-online') : t('centre-page/summary.silent', { count: offline }),
    tone: offline > 0 ? 'warning' : 'quiet',
  };
}

function waitingFigure(texts: PageTexts, { gateways, asked }: DeskState): Figure {
  const { t, count, bytes } = texts;
  const label = t('centre-page/summary.waiting');
  if (!asked.gateways.answered) return unknown(texts, label, asked.gateways);
  const backlogs = [...gateways.values()].map(({ backlog }) => backlog);
  const waiting = backlogs.reduce((sum, { events }) => sum + events, 0);
  const size = bytes(backlogs.reduce((sum, backlog) => sum + backlog.bytes, 0));
  const silent = [...gateways.values()].filter(({ online }) => !online).length;
  const sent =
    silent === 0 ? t('centre-page/summary.all-sent') : t('centre-page/summary.sent-as-told', { count: silent });
  const note = waiting === 0 ? sent : t('centre-page/summary.safe', { size });
  return { label, value: count(waiting), note, tone: 'quiet' };
}

function missingFigure(texts: PageTexts, { gateways, ledgers, asked }: DeskState): Figure {
  const { t, count } = texts;
  const label = t('centre-page/summary.missing');
  if (!asked.gateways.answered) return unknown(texts, label, asked.gateways);
  const counted = [...gateways.keys()].flatMap((gateway) => ledgers.get(gateway) ?? []);
  if (counted.length === 0) {
    const note = gateways.size === 0 ? t('centre-page/summary.no-reports') : t('centre-page/summary.not-counted');
    return { label, value: noValue, note, tone: 'quiet' };
  }
  const missing = counted.reduce((sum, ledger) => sum + ledger.missing, 0);
  const shed = counted.reduce((sum, ledger) => sum + ledger.shed, 0);
  const received = counted.reduce((sum, ledger) => sum + ledger.received, 0);
  return {
    label,
    value: count(missing),
    note:
      counted.length < gateways.size
        ? t('centre-page/summary.counted-for', { counted: counted.length, all: gateways.size })
        : shed > 0
          ? t('centre-page/summary.shed', { count: shed })
          : t('centre-page/summary.received', { count: received }),
    tone: missing > 0 ? 'critical' : 'quiet',
  };
}
