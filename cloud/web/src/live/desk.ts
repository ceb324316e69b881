/**
 * The desk: the present as the page shows it, filled by the API and kept up by the stream.
 *
 * Always: after every (re)connection everything is asked for again, so that nothing missed in between stays missing; one
 * object for the whole page, started while somebody is logged in.
 */
import type {
  AlarmsAnswer,
  AlarmView,
  EventView,
  GatewaysAnswer,
  LedgerView,
  StreamMessages,
} from '../../../api/schemas.ts';
import type { CommandsAnswer, CommandView } from '../../../commands/schemas.ts';
import { get, post, sentence } from '../http.ts';
import { correctClock } from '../time.ts';
import { type DeskState, emptyDesk, withAlarms, withCommands, withGateways, withLedgers } from './desk-state.ts';
import { LiveStream } from './stream.ts';

/** New events; `skipped` more were stored that are not in here; undefined: ask for everything again. */
export type EventsListener = (batch: StreamMessages['events'] | undefined) => void;

/** More ledgers than anyone looks at; the rest comes when they move. */
const firstLedgers = 50;
const mostAsked = 50;

export class Desk {
  #state: DeskState = emptyDesk;
  readonly #listeners = new Set<() => void>();
  readonly #eventListeners = new Set<EventsListener>();
  readonly #stream: LiveStream;
  #stopping = new AbortController();

  /** `ended` is called when the session is over. */
  constructor(ended: () => void) {
    this.#stream = new LiveStream({
      connection: (connection) => this.#set({ ...this.#state, connection }),
      message: (name, message) => this.#take(name, message),
      ended,
    });
  }

  start(): void {
    this.#stopping = new AbortController();
    this.#stream.start();
  }

  stop(): void {
    this.#stopping.abort();
    this.#stream.stop();
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  readonly state = (): DeskState => this.#state;

  /** Asks the gateway to acknowledge an alarm; resolves when the command is safe at the centre. @throws ApiError */
  readonly acknowledge = async ({ gateway, alarm }: AlarmView): Promise<void> => {
    const order = { kind: 'acknowledge', arguments: { alarm } };
    const command = await post<CommandView>(`/api/v1/gateways/${gateway}/commands`, order);
    this.#set(withCommands(this.#state, [command]));
  };

  onEvents(listener: EventsListener): () => void {
    this.#eventListeners.add(listener);
    return () => this.#eventListeners.delete(listener);
  }

  #set(state: DeskState): void {
    this.#state = state;
    for (const listener of this.#listeners) listener();
  }

  #take<Name extends keyof StreamMessages>(name: Name, message: StreamMessages[Name]): void {
    const handlers: { readonly [Key in keyof StreamMessages]: (one: StreamMessages[Key]) => void } = {
      hello: ({ now }) => {
        correctClock(now);
        void this.#load();
        for (const listener of this.#eventListeners) listener(undefined);
      },
      tick: ({ now }) => correctClock(now),
      events: (batch) => {
        for (const listener of this.#eventListeners) listener(batch);
      },
      alert: (alarm) => this.#set(withAlarms(this.#state, [alarm], 'message')),
      gateway: ({ now, gateway }) => {
        correctClock(now);
        this.#set(withGateways(this.#state, [gateway], 'message'));
      },
      command: (command) => this.#set(withCommands(this.#state, [command])),
      centre: ({ problems, notes }) => this.#set({ ...this.#state, centreProblems: problems, centreNotes: notes }),
      ledger: (ledger) => this.#set(withLedgers(this.#state, [ledger])),
    };
    handlers[name](message);
  }

  /** What was asked of the gateways whose alarms wait for somebody. */
  async #loadCommands(alarms: readonly AlarmView[], signal: AbortSignal): Promise<void> {
    const waiting = alarms.filter(({ active, acknowledged }) => active && !acknowledged);
    const gateways = [...new Set(waiting.map(({ gateway }) => gateway))].slice(0, mostAsked);
    const answers = await Promise.allSettled(
      gateways.map((gateway) => get<CommandsAnswer>(`/api/v1/gateways/${gateway}/commands`, signal)),
    );
    if (signal.aborted) return;
    const commands = answers.flatMap((one) => (one.status === 'fulfilled' ? one.value.commands : []));
    this.#set(withCommands(this.#state, commands));
  }

  async #load(): Promise<void> {
    const { signal } = this.#stopping;
    const source = { asked: this.#state.messages };
    try {
      const [{ now, gateways }, { alarms }] = await Promise.all([
        get<GatewaysAnswer>('/api/v1/gateways', signal),
        get<AlarmsAnswer>('/api/v1/alarms', signal),
      ]);
      correctClock(now);
      const known = withAlarms(withGateways(this.#state, gateways, source), alarms, source);
      this.#set({ ...known, loaded: true, problem: '' });
      void this.#loadCommands(alarms, signal);
      const ledgers = await Promise.allSettled(
        gateways
          .slice(0, firstLedgers)
          .map(({ gateway }) => get<LedgerView>(`/api/v1/gateways/${gateway}/ledger`, signal)),
      );
      if (signal.aborted) return;
      const counted = ledgers.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
      this.#set(withLedgers(this.#state, counted));
    } catch (error) {
      if (!signal.aborted) this.#set({ ...this.#state, loaded: true, problem: sentence(error) });
    }
  }
}

/** Whether an event passes what the list is filtered by. */
export function passes(event: EventView, filter: EventFilter): boolean {
  return (
    (filter.gateway === '' || event.gateway === filter.gateway) &&
    (filter.device === '' || event.subject === filter.device) &&
    (filter.type === '' || event.type === filter.type)
  );
}

/** '' = any */
export interface EventFilter {
  readonly gateway: string;
  readonly device: string;
  readonly type: string;
}
