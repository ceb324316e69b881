import { expect, test } from 'vitest';
import type { AlarmView } from '../../../alarms/schemas.ts';
import type { GatewayView } from '../../../gateways/schemas.ts';
import type { LedgerView } from '../../../ledger/schemas.ts';
import { english } from '../../testing/page-texts.ts';
import { answered, type DeskState, emptyDesk, unanswered } from '../live/desk-state.ts';
import { summaryFigures } from './summary-words.ts';

const both = answered(answered(emptyDesk, 'alarms'), 'gateways');
const words = (state: DeskState) => summaryFigures(english, state).map(({ value, note }) => `${value} ${note}`);
const gateways = (...ids: string[]) =>
  new Map(ids.map((gateway) => [gateway, { gateway, online: true, backlog: { events: 0, bytes: 0 } } as GatewayView]));
const ledgers = (...ids: string[]) =>
  new Map(ids.map((gateway) => [gateway, { gateway, missing: 0, shed: 0, received: 7 } as LedgerView]));
const active = {
  alarm: 'a',
  active: true,
  open: true,
  acknowledged: false,
  severity: 'critical',
  test: false,
} as AlarmView;

test('the figures show no zero before the centre has answered', () => {
  expect(words(emptyDesk)).toEqual(['– asking…', '– asking…', '– asking…', '– asking…']);
  expect(words(both).slice(0, 2)).toEqual(['0 nothing to do', '– none has reported yet']);
});

test('after a failed request the alarms are unknown, while the gateways are known', () => {
  const state = unanswered(answered({ ...emptyDesk, gateways: gateways('g') }, 'gateways'), 'alarms', 'not now');
  expect(words(state).slice(0, 3)).toEqual(['– not known', '1 of 1 all report', '0 everything has been sent']);
  // also when an answer came before the connection was lost
  expect(words(unanswered(both, 'alarms', 'not now'))[0]).toBe('– not known');
  expect(words({ ...state, alarms: new Map([['a', active]]) })[0]).toBe('1+ 1 critical, 1 not acknowledged');
});

test('an unacknowledged alarm that is over counts as something to do', () => {
  const over = { ...active, active: false };
  expect(words({ ...both, alarms: new Map([['a', over]]) })[0]).toBe(
    '1 1 critical, 1 not acknowledged, 1 of them over',
  );
  expect(words({ ...both, alarms: new Map([['a', { ...over, open: false }]]) })[0]).toBe('0 nothing to do');
});

test('an outdated figure shows its time, and has no colour', () => {
  const now = Date.parse('2026-01-01T10:05:00.000Z');
  const asOf = now - 60_000;
  const known = { ...both, gateways: gateways('g'), ledgers: ledgers('g'), alarms: new Map([['a', active]]) };
  for (const old of [
    { ...known, connection: { state: 'lost', since: asOf } as const },
    { ...known, connection: { state: 'live' } as const, centreOld: { asOf, why: 'Kafka does not answer the centre' } },
  ]) {
    const figures = summaryFigures(english, old, now);
    expect(figures.map(({ tone }) => tone)).toEqual(['quiet', 'quiet', 'quiet', 'quiet']);
    for (const { note } of figures) expect(note).toMatch(/, as of .*:04/);
  }
  const deaf = { ...known, centreOld: { asOf: undefined, why: 'Kafka does not answer the centre' } };
  expect(summaryFigures(english, deaf, now)[2]?.note).toBe(
    'everything has been sent, not known since the centre started',
  );
});

test('the page does not claim that a silent gateway has sent everything', () => {
  const silent = new Map([
    ...gateways('g'),
    ['h', { gateway: 'h', online: false, backlog: { events: 0, bytes: 0 } } as GatewayView],
  ]);
  expect(words({ ...both, gateways: silent })[2]).toBe('0 by the last report of 1 silent gateway');
});

test('the number of alarms includes those that the centre does not list', () => {
  const state = { ...both, alarms: new Map([['a', active]]), moreActive: true };
  expect(words(state)[0]).toBe('1+ 1 critical, 1 not acknowledged');
});

test('no event is called missing or complete for a gateway without a ledger', () => {
  const three = { ...both, gateways: gateways('g', 'h', 'i') };
  expect(words(three)[3]).toBe('– not counted yet');
  expect(words({ ...three, ledgers: ledgers('g', 'i') })[3]).toBe('0 counted for 2 of 3 gateways');
  expect(words({ ...three, ledgers: ledgers('g', 'h', 'i') })[3]).toBe('0 21 received and counted');
});
