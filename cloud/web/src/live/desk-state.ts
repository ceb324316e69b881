/**
 * The page's knowledge of the present, and the functions that update it. Pure.
 *
 * Always: older data never replaces newer data, whichever arrives first: an answer may arrive after a message that is
 * newer than its request. No clock decides this order, because a corrected clock can go back. The state is bounded.
 */
import type { Message } from '@forpost/shared/texts/message.ts';
import type { AlarmsAnswer, AlarmView } from '../../../alarms/schemas.ts';
import type { CommandView } from '../../../commands/schemas.ts';
import type { GatewayView } from '../../../gateways/schemas.ts';
import type { LedgerView } from '../../../ledger/schemas.ts';
import type { StreamMessages } from '../../../live/messages.ts';
import { table } from '../parts/table.ts';
import type { PageTexts } from '../texts/page-texts.ts';
import type { Connection } from './stream.ts';

/** A sentence of the centre: in English, and as a message of the catalogue, which an older centre does not send. */
export interface CentreSentence {
  readonly words: string;
  readonly text: Message | undefined;
}

/** The time of an outdated page. */
export interface Old {
  /** ms since 1970; undefined = unknown */
  readonly asOf: number | undefined;
  /** the reason in English */
  readonly why: string;
  /** the reason as a message of the catalogue; an older centre sends none */
  readonly whyText?: Message | undefined;
}

/** undefined while the page is live: the stream is connected, and the centre itself receives and stores events. */
export function oldOf({ connection, centreOld }: Pick<DeskState, 'connection' | 'centreOld'>): Old | undefined {
  if (connection.state !== 'lost') return centreOld;
  const { since } = connection;
  // the centre may have received nothing even before the stream was lost
  return { asOf: centreOld === undefined ? since : centreOld.asOf, why: noAnswer.key, whyText: noAnswer };
}

const noAnswer: Message = { key: 'centre-page/call.no-answer' };

/** A list that the page requests at each (re)connection. */
export type Part = 'alarms' | 'gateways';

export interface Asked {
  /** whether there was an answer; before the first one an empty list means nothing */
  readonly answered: boolean;
  /** why the newest request failed, in words; '' = it was answered, or is running */
  readonly problem: string;
}

export interface DeskState {
  readonly connection: Connection;
  readonly asked: Readonly<Record<Part, Asked>>;
  /** whether the centre has more open alarms (active, or over and not acknowledged) than it listed */
  readonly moreActive: boolean;
  /** number of unlisted open alarms by gateway, the most first */
  readonly notListed: AlarmsAnswer['not_listed'];
  /** undefined: the centre is live; otherwise the time of its data (ms since 1970; undefined = unknown) and the reason */
  readonly centreOld: Old | undefined;
  /** problems of the centre itself, in sentences */
  readonly centreProblems: readonly CentreSentence[];
  readonly centreNotes: readonly CentreSentence[];
  readonly gateways: ReadonlyMap<string, GatewayView>;
  readonly alarms: ReadonlyMap<string, AlarmView>;
  readonly ledgers: ReadonlyMap<string, LedgerView>;
  /** recent commands to gateways, by command id */
  readonly commands: ReadonlyMap<string, CommandView>;
  /** number of messages so far, and the number of the last message about each alarm, gateway and ledger (by `messageKey`) */
  readonly messages: number;
  readonly lastMessages: ReadonlyMap<string, number>;
}

export const emptyDesk: DeskState = {
  connection: { state: 'connecting' },
  asked: { alarms: { answered: false, problem: '' }, gateways: { answered: false, problem: '' } },
  moreActive: false,
  notListed: [],
  centreOld: undefined,
  centreProblems: [],
  centreNotes: [],
  gateways: new Map(),
  alarms: new Map(),
  ledgers: new Map(),
  commands: new Map(),
  messages: 0,
  lastMessages: new Map(),
};

const maxAlarms = 1000;
/** Most alarms in one request; the centre lists active ones first. */
export const alarmsLimit = 1000;
const maxCommands = 1000;

/** The source of views: a message of the stream, or an answer, with the value of `messages` at the time of its request. */
export type Source = 'message' | { readonly asked: number };

export function answered(state: DeskState, part: Part): DeskState {
  return { ...state, asked: { ...state.asked, [part]: { answered: true, problem: '' } } };
}

export function unanswered(state: DeskState, part: Part, problem: string): DeskState {
  return { ...state, asked: { ...state.asked, [part]: { ...state.asked[part], problem } } };
}

/** The reasons of failed requests, in sentences; each reason once. */
export function unansweredWords({ t }: PageTexts, { asked: { alarms, gateways } }: DeskState): readonly string[] {
  if (alarms.problem !== '' && alarms.problem === gateways.problem)
    return [t('centre-page/incomplete.both', { problem: alarms.problem })];
  return [
    ...(alarms.problem === '' ? [] : [t('centre-page/incomplete.alarms', { problem: alarms.problem })]),
    ...(gateways.problem === '' ? [] : [t('centre-page/incomplete.gateways', { problem: gateways.problem })]),
  ];
}

export function withGateways(state: DeskState, views: readonly GatewayView[], source: Source): DeskState {
  const gateways = new Map(state.gateways);
  for (const view of views)
    if (!isOvertaken(state, messageKey('gateway', view.gateway), source)) gateways.set(view.gateway, view);
  const keys = views.map(({ gateway }) => messageKey('gateway', gateway));
  return { ...state, gateways, ...countMessage(state, keys, source) };
}

export function withAlarms(state: DeskState, views: readonly AlarmView[], source: Source): DeskState {
  const alarms = new Map(state.alarms);
  for (const view of views) {
    const known = alarms.get(alarmKey(view));
    if (known === undefined) alarms.set(alarmKey(view), view);
    else {
      const overtaken = isOvertaken(state, messageKey('alarm', alarmKey(view)), source);
      const newest = (isEarlierEvent(view, known) ?? overtaken) ? known : view;
      alarms.set(alarmKey(view), merged(newest, known, view));
    }
  }
  const keys = views.map((view) => messageKey('alarm', alarmKey(view)));
  const { messages, lastMessages } = countMessage(state, keys, source);
  if (alarms.size > maxAlarms) {
    const ended = [...alarms.values()].filter(({ active }) => !active);
    // if all are active: the oldest alarm of the gateway with the most alarms
    const floods = alarms.size - ended.length > 2 * maxAlarms;
    const spare = floods ? [...ended, ...ofFullestGateway(alarms)] : ended;
    const oldestFirst = spare.sort(
      (a, b) =>
        Number(a.active) - Number(b.active) || Number(a.open) - Number(b.open) || (a.changed < b.changed ? -1 : 1),
    );
    for (const view of oldestFirst.slice(0, alarms.size - (floods ? 2 * maxAlarms : maxAlarms))) {
      alarms.delete(alarmKey(view));
      lastMessages.delete(messageKey('alarm', alarmKey(view)));
    }
  }
  return { ...state, alarms, messages, lastMessages };
}

/**
 * Applies the whole list of alarms, the answer to a request with `alarmsLimit`. `open`: number of all open alarms. An open
 * alarm that is not in the list and that no newer message names has ended or was acknowledged meanwhile.
 */
export function withAllAlarms(
  state: DeskState,
  views: readonly AlarmView[],
  open: number,
  source: Source,
  notListed: AlarmsAnswer['not_listed'] = [],
): DeskState {
  const moreActive = open > views.filter((view) => view.open).length;
  const next = { ...withAlarms(state, views, source), moreActive, notListed };
  if (moreActive) return next;
  const named = new Set(views.map(alarmKey));
  const gone = [...next.alarms.values()].filter(
    (view) =>
      view.open && !named.has(alarmKey(view)) && !isOvertaken(state, messageKey('alarm', alarmKey(view)), source),
  );
  if (gone.length === 0) return next;
  const [alarms, lastMessages] = [new Map(next.alarms), new Map(next.lastMessages)];
  for (const view of gone) {
    alarms.delete(alarmKey(view));
    lastMessages.delete(messageKey('alarm', alarmKey(view)));
  }
  return { ...next, alarms, lastMessages };
}

/** An acknowledged alarm stays acknowledged, also where its gateway does not know it yet. */
function merged(newest: AlarmView, known: AlarmView, view: AlarmView): AlarmView {
  const raised = earlier(view.raised, known.raised);
  const seen = [newest, known, view].find(({ acknowledged }) => acknowledged);
  if (newest.acknowledged || seen === undefined) return { ...newest, raised };
  return { ...newest, raised, open: newest.active, ...acknowledgementOf(seen) };
}

function acknowledgementOf({
  acknowledged_by: by,
  acknowledged_at: at,
  acknowledged_where: where,
}: AlarmView): Partial<AlarmView> & { readonly acknowledged: true } {
  return {
    acknowledged: true,
    ...(by === undefined ? {} : { acknowledged_by: by }),
    ...(at === undefined ? {} : { acknowledged_at: at }),
    ...(where === undefined ? {} : { acknowledged_where: where }),
  };
}

/** Notes that a person has acknowledged an alarm at the centre. */
export function withAcknowledged(
  state: DeskState,
  { gateway, alarm, by, at }: StreamMessages['acknowledged'],
): DeskState {
  const key = alarmKey({ gateway, alarm });
  const known = state.alarms.get(key);
  if (known === undefined || known.gateway !== gateway || known.acknowledged) return state;
  const seen = {
    acknowledged: true,
    acknowledged_by: by,
    acknowledged_at: at,
    acknowledged_where: 'centre only',
  } as const;
  return { ...state, alarms: new Map(state.alarms).set(key, { ...known, ...seen, open: known.active }) };
}

/** Whether the alarm waits for an acknowledgement. */
export function needsPerson({ open, acknowledged, test, severity }: AlarmView): boolean {
  return open && !acknowledged && !test && severity !== 'info';
}

function ofFullestGateway(alarms: ReadonlyMap<string, AlarmView>): readonly AlarmView[] {
  const active = [...alarms.values()].filter((alarm) => alarm.active);
  const gateways = [...Map.groupBy(active, ({ gateway }) => gateway).values()];
  return gateways.reduce<readonly AlarmView[]>((most, own) => (own.length > most.length ? own : most), []);
}

/** The key of an alarm. It includes the gateway, because two gateways may use the same alarm id. */
export function alarmKey({ gateway, alarm }: Pick<AlarmView, 'gateway' | 'alarm'>): string {
  return `${gateway}/${alarm}`;
}

function messageKey(kind: 'alarm' | 'gateway' | 'ledger', id: string): string {
  return `${kind}/${id}`;
}

/** Whether a message arrived after the request of this answer. */
function isOvertaken(state: DeskState, key: string, source: Source): boolean {
  return source !== 'message' && (state.lastMessages.get(key) ?? 0) > source.asked;
}

function countMessage(state: DeskState, keys: readonly string[], source: Source) {
  const lastMessages = new Map(state.lastMessages);
  if (source !== 'message') return { messages: state.messages, lastMessages };
  const messages = state.messages + 1;
  for (const key of keys) lastMessages.set(key, messages);
  return { messages, lastMessages };
}

/**
 * Compares two alarm events by their sequence numbers, which a resend does not change; undefined where they belong to
 * different epochs.
 */
function isEarlierEvent(view: AlarmView, known: AlarmView): boolean | undefined {
  const [[life, number], [knownLife, knownNumber]] = [placeOf(view.event), placeOf(known.event)];
  return life === knownLife ? number < knownNumber : undefined;
}

/** `gateway/epoch/lane/number` */
function placeOf(event: string): readonly [life: string, number: number] {
  const slash = event.lastIndexOf('/');
  return [event.slice(0, slash), Number(event.slice(slash + 1))];
}

export function withLedgers(state: DeskState, views: readonly LedgerView[], source: Source): DeskState {
  const ledgers = new Map(state.ledgers);
  for (const view of views)
    if (!isOvertaken(state, messageKey('ledger', view.gateway), source)) ledgers.set(view.gateway, view);
  const keys = views.map(({ gateway }) => messageKey('ledger', gateway));
  return { ...state, ledgers, ...countMessage(state, keys, source) };
}

/** A command's result is final: an answer to an earlier request does not remove it. */
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

const weights = table<number>({ critical: 3, warning: 2, info: 1 });

/**
 * The order of alarms: alarms that wait for a person, then other active ones, then other open ones, then the rest. Within
 * each group severity decides, then activity, then time (newest first).
 */
export function sortedAlarms(alarms: Iterable<AlarmView>): readonly AlarmView[] {
  const rank = (alarm: AlarmView) => {
    const { active, acknowledged, open, test, severity } = alarm;
    const need = needsPerson(alarm) ? 1000 : active && !acknowledged ? 500 : open ? 300 : 0;
    return need + (open && !test ? (weights[severity] ?? 2) * 10 : 0) + (active ? 1 : 0);
  };
  return [...alarms].sort((a, b) => rank(b) - rank(a) || when(b).localeCompare(when(a)));
}

function when(alarm: AlarmView): string {
  return alarm.open ? alarm.raised : alarm.changed;
}

/** The badge of a gateway's ledger. Missing is worse than waiting. */
export function completeness(ledger: LedgerView | undefined): 'complete' | 'waiting' | 'missing' | 'unknown' {
  if (ledger === undefined) return 'unknown';
  if (ledger.missing > 0) return 'missing';
  return ledger.waiting > 0 ? 'waiting' : 'complete';
}
