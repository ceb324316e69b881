/** The page's first four figures, in words. Pure. Always: a zero is said only of what was asked for and answered. */
import { bytes, count, countOf } from '../format.ts';
import { type Asked, type DeskState, oldOf } from '../live/desk-state.ts';
import { asOfWords } from '../parts/as-of-words.ts';
import type { Tone } from '../parts/mark.tsx';

export interface Figure {
  readonly label: string;
  readonly value: string;
  readonly note: string;
  readonly tone: Tone;
}

/** `now`: ms since 1970 by the centre's clock. What is not the present says of when it is, and has no colour. */
export function summaryFigures(state: DeskState, now = 0): readonly Figure[] {
  const figures = [alarmsFigure(state), gatewaysFigure(state), waitingFigure(state), missingFigure(state)];
  const old = oldOf(state);
  if (old === undefined) return figures;
  return figures.map((figure) => ({ ...figure, note: `${figure.note}, ${asOfWords(old, now)}`, tone: 'quiet' }));
}

function unknown(label: string, { problem }: Asked): Figure {
  return {
    label,
    value: '–',
    note: problem === '' ? 'asking…' : 'not known',
    tone: problem === '' ? 'quiet' : 'warning',
  };
}

function alarmsFigure({ alarms, asked, moreActive }: DeskState): Figure {
  const label = 'Open alarms';
  const open = [...alarms.values()].filter((alarm) => alarm.open && !alarm.test);
  if (open.length === 0 && (!asked.alarms.answered || asked.alarms.problem !== '')) return unknown(label, asked.alarms);
  const critical = open.filter(({ severity }) => severity === 'critical').length;
  const unacknowledged = open.filter(({ acknowledged }) => !acknowledged).length;
  const over = open.filter(({ active }) => !active).length;
  const unsure = asked.alarms.problem !== '' || !asked.alarms.answered || moreActive;
  return {
    label,
    value: `${count(open.length)}${unsure ? '+' : ''}`,
    note:
      open.length === 0
        ? 'nothing to do'
        : `${count(critical)} critical, ${count(unacknowledged)} not acknowledged${over === 0 ? '' : `, ${count(over)} of them over`}`,
    tone: critical > 0 ? 'critical' : open.length > 0 ? 'warning' : 'quiet',
  };
}

function gatewaysFigure({ gateways, asked }: DeskState): Figure {
  const label = 'Gateways online';
  if (!asked.gateways.answered) return unknown(label, asked.gateways);
  const offline = [...gateways.values()].filter(({ online }) => !online).length;
  if (gateways.size === 0) return { label, value: '–', note: 'none has reported yet', tone: 'quiet' };
  return {
    label,
    value: `${count(gateways.size - offline)} of ${count(gateways.size)}`,
    note: offline === 0 ? 'all are heard of' : `${countOf(offline, 'gateway')} silent`,
    tone: offline > 0 ? 'warning' : 'quiet',
  };
}

function waitingFigure({ gateways, asked }: DeskState): Figure {
  const label = 'Events waiting on the sites';
  if (!asked.gateways.answered) return unknown(label, asked.gateways);
  const backlogs = [...gateways.values()].map(({ backlog }) => backlog);
  const waiting = backlogs.reduce((sum, { events }) => sum + events, 0);
  const size = bytes(backlogs.reduce((sum, backlog) => sum + backlog.bytes, 0));
  const silent = [...gateways.values()].filter(({ online }) => !online).length;
  const sent = silent === 0 ? 'everything has been sent' : `as far as ${countOf(silent, 'silent gateway')} told`;
  const note = waiting === 0 ? sent : `${size}, safe on their gateways`;
  return { label, value: count(waiting), note, tone: 'quiet' };
}

function missingFigure({ gateways, ledgers, asked }: DeskState): Figure {
  const label = 'Events missing';
  if (!asked.gateways.answered) return unknown(label, asked.gateways);
  const counted = [...gateways.keys()].flatMap((gateway) => ledgers.get(gateway) ?? []);
  if (counted.length === 0)
    return {
      label,
      value: '–',
      note: gateways.size === 0 ? 'none has reported yet' : 'not counted yet',
      tone: 'quiet',
    };
  const missing = counted.reduce((sum, ledger) => sum + ledger.missing, 0);
  const shed = counted.reduce((sum, ledger) => sum + ledger.shed, 0);
  const received = counted.reduce((sum, ledger) => sum + ledger.received, 0);
  return {
    label,
    value: count(missing),
    note:
      counted.length < gateways.size
        ? `counted for ${count(counted.length)} of ${countOf(gateways.size, 'gateway')}`
        : shed > 0
          ? `${countOf(shed, 'event')} shed with a record`
          : `${count(received)} received and counted`,
    tone: missing > 0 ? 'critical' : 'quiet',
  };
}
