/**
 * What the page knows of the present, and how a message changes it. Pure.
 *
 * Always: what is older never replaces what is newer, whichever arrives first (an answer that was asked for before a
 * message came may arrive after it); what is remembered is bounded.
 */
import type { AlarmView, GatewayView, LedgerView } from '../../../api/schemas.ts';
import type { CommandView } from '../../../commands/schemas.ts';
import type { Connection } from './stream.ts';

export interface DeskState {
  readonly connection: Connection;
  /** whether the first answers are there */
  readonly loaded: boolean;
  /** why what is shown may be incomplete, in words */
  readonly problem: string;
  /** what is wrong with the centre itself, in sentences */
  readonly centreProblems: readonly string[];
  readonly centreNotes: readonly string[];
  readonly gateways: ReadonlyMap<string, GatewayView>;
  readonly alarms: ReadonlyMap<string, AlarmView>;
  readonly ledgers: ReadonlyMap<string, LedgerView>;
  /** what was asked of gateways lately, by command id */
  readonly commands: ReadonlyMap<string, CommandView>;
}

export const emptyDesk: DeskState = {
  connection: { state: 'connecting' },
  loaded: false,
  problem: '',
  centreProblems: [],
  centreNotes: [],
  gateways: new Map(),
  alarms: new Map(),
  ledgers: new Map(),
  commands: new Map(),
};

const maxAlarms = 1000;
const maxCommands = 1000;

export function withGateways(state: DeskState, views: readonly GatewayView[]): DeskState {
  const gateways = new Map(state.gateways);
  for (const view of views) {
    const known = gateways.get(view.gateway);
    // online or not is the centre's judgement of now: of two with the same contact the later message counts
    if (known === undefined || (view.last_contact ?? '') >= (known.last_contact ?? ''))
      gateways.set(view.gateway, view);
  }
  return { ...state, gateways };
}

export function withAlarms(state: DeskState, views: readonly AlarmView[]): DeskState {
  const alarms = new Map(state.alarms);
  for (const view of views) {
    const known = alarms.get(view.alarm);
    if (known === undefined) alarms.set(view.alarm, view);
    else if (view.changed >= known.changed)
      alarms.set(view.alarm, { ...view, raised: earlier(view.raised, known.raised) });
    else alarms.set(view.alarm, { ...known, raised: earlier(view.raised, known.raised) });
  }
  if (alarms.size > maxAlarms) {
    const oldestFirst = [...alarms.values()]
      .filter(({ active }) => !active)
      .sort((a, b) => (a.changed < b.changed ? -1 : 1));
    for (const { alarm } of oldestFirst.slice(0, alarms.size - maxAlarms)) alarms.delete(alarm);
  }
  return { ...state, alarms };
}

export function withLedgers(state: DeskState, views: readonly LedgerView[]): DeskState {
  const ledgers = new Map(state.ledgers);
  for (const view of views) ledgers.set(view.gateway, view);
  return { ...state, ledgers };
}

/** A result is final: an answer that was asked for before it came does not take it back. */
export function withCommands(state: DeskState, views: readonly CommandView[]): DeskState {
  const commands = new Map(state.commands);
  for (const view of views) {
    const known = commands.get(view.id);
    if (known === undefined || known.settled === null) commands.set(view.id, view);
  }
  for (const id of commands.keys()) {
    if (commands.size <= maxCommands) break;
    commands.delete(id);
  }
  return { ...state, commands };
}

function earlier(a: string, b: string): string {
  return a < b ? a : b;
}

const weights: Readonly<Record<string, number>> = { critical: 3, warning: 2, info: 1 };

/** Active before over, then not acknowledged before acknowledged, then the gravest, then the newest. */
export function sortedAlarms(alarms: Iterable<AlarmView>): readonly AlarmView[] {
  const rank = (alarm: AlarmView) =>
    alarm.active ? 100 + (alarm.acknowledged ? 0 : 10) + (alarm.test ? 0 : (weights[alarm.severity] ?? 0)) : 0;
  return [...alarms].sort((a, b) => rank(b) - rank(a) || when(b).localeCompare(when(a)));
}

function when(alarm: AlarmView): string {
  return alarm.active ? alarm.raised : alarm.changed;
}

export interface Completeness {
  readonly state: 'complete' | 'waiting' | 'missing' | 'unknown';
  readonly words: string;
}

/** What a badge says of a gateway's ledger. Missing is worse than waiting. */
export function completeness(ledger: LedgerView | undefined): Completeness {
  if (ledger === undefined) return { state: 'unknown', words: 'not counted yet' };
  const number = new Intl.NumberFormat('en');
  if (ledger.missing > 0) return { state: 'missing', words: `${number.format(ledger.missing)} missing` };
  if (ledger.waiting > 0) return { state: 'waiting', words: `${number.format(ledger.waiting)} waiting` };
  return { state: 'complete', words: 'complete' };
}
