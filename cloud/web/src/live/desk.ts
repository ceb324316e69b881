/**
 * The desk holds the present that the page shows: the API fills it, and the stream updates it.
 *
 * Always: after every (re)connection the page requests everything again until it is answered, so that messages missed in
 * between leave no gap; failed requests are shown. The page has one desk, which runs while a user is logged in.
 */
import type { Message } from '@forpost/shared/texts/message.ts';
import type { AlarmsAnswer, AlarmView } from '../../../alarms/schemas.ts';
import type { CommandsAnswer, CommandView } from '../../../commands/schemas.ts';
import type { EventView } from '../../../events/schemas.ts';
import type { GatewaysAnswer } from '../../../gateways/schemas.ts';
import type { LedgerView } from '../../../ledger/schemas.ts';
import type { StreamMessages } from '../../../live/messages.ts';
import { type Asking, eachAnswered, untilAnswered, wait } from '../asking.ts';
import { ApiError, get, post, wordsOf } from '../http.ts';
import type { PageTexts } from '../texts/page-texts.ts';
import { correctClock } from '../time.ts';
import {
  alarmsLimit,
  answered,
  type CentreSentence,
  type DeskState,
  emptyDesk,
  type Part,
  unanswered,
  withAcknowledged,
  withAlarms,
  withAllAlarms,
  withCommands,
  withGateways,
  withLedgers,
} from './desk-state.ts';
import { LiveStream } from './stream.ts';

/** Receives new events; `skipped` further events were stored but not sent; undefined: request everything again. */
export type EventsListener = (batch: StreamMessages['events'] | undefined) => void;

const retryMs = 5000;
/** How often alarms are requested again while the list leaves some out, because no message says which alarms enter the list. */
const moreActiveMs = 60_000;
/** requests for ledgers at once, and for commands at once: with the stream, five of a browser's six connections */
const atOnce = 2;
const mostAsked = 50;

export class Desk {
  readonly #texts: PageTexts;
  #state: DeskState = emptyDesk;
  readonly #listeners = new Set<() => void>();
  readonly #eventListeners = new Set<EventsListener>();
  readonly #stream: LiveStream;
  #loading = new AbortController();
  #loadingAlarms = new AbortController();

  /** `texts`: the texts for failed requests. `ended` is called when the session is over. */
  constructor(texts: PageTexts, ended: () => void) {
    this.#texts = texts;
    this.#stream = new LiveStream({
      connection: (connection) => this.#set({ ...this.#state, connection }),
      message: (name, message) => this.#applyMessage(name, message),
      ended,
    });
  }

  start(): void {
    this.#stream.start();
  }

  stop(): void {
    this.#loading.abort();
    this.#loadingAlarms.abort();
    this.#stream.stop();
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  readonly state = (): DeskState => this.#state;

  /** Commands the gateway to acknowledge an alarm; resolves when the centre has stored the command. @throws ApiError */
  readonly acknowledge = async ({ gateway, alarm }: AlarmView): Promise<void> => {
    const order = { kind: 'acknowledge', arguments: { alarm } };
    const command = await post<CommandView>(`/api/v1/gateways/${gateway}/commands`, order);
    this.#set(withCommands(this.#state, [command]));
  };

  onEvents(listener: EventsListener): () => void {
    this.#eventListeners.add(listener);
    return () => this.#eventListeners.delete(listener);
  }

  /** Subscribes to the messages `name` of one capability (LiveFeed.message at the centre). Returns a function that unsubscribes. */
  onMessage<Message>(name: string, listener: (message: Message) => void): () => void {
    return this.#stream.listen(name, listener);
  }

  #set(state: DeskState): void {
    this.#state = state;
    for (const listener of this.#listeners) listener();
  }

  #applyMessage<Name extends keyof StreamMessages>(name: Name, message: StreamMessages[Name]): void {
    const handlers: { readonly [Key in keyof StreamMessages]: (one: StreamMessages[Key]) => void } = {
      hello: ({ now }) => {
        correctClock(now);
        this.#load();
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
      acknowledged: (acknowledged) => this.#set(withAcknowledged(this.#state, acknowledged)),
      command: (command) => this.#set(withCommands(this.#state, [command])),
      centre: ({
        problems,
        problems_i18n,
        notes,
        notes_i18n,
        current,
        as_of: asOf,
        why_old: why,
        why_old_i18n: whyText,
      }) =>
        this.#set({
          ...this.#state,
          centreProblems: sentencesOf(problems, problems_i18n),
          centreNotes: sentencesOf(notes, notes_i18n),
          // an older centre does not send this
          centreOld:
            current === false ? { asOf: asOf === null ? undefined : Date.parse(asOf), why, whyText } : undefined,
        }),
      elsewhere: () => {
        this.#reloadAlarms();
        for (const listener of this.#eventListeners) listener({ events: [], skipped: 1 });
      },
      ledger: (ledger) => this.#set(withLedgers(this.#state, [ledger], 'message')),
    };
    handlers[name](message);
  }

  #load(): void {
    this.#loading.abort();
    this.#loading = new AbortController();
    const asking: Asking = { wait, retryMs, signal: this.#loading.signal };
    void this.#loadGateways(asking);
    this.#reloadAlarms();
  }

  #reloadAlarms(): void {
    this.#loadingAlarms.abort();
    this.#loadingAlarms = new AbortController();
    void this.#loadAlarms({ wait, retryMs, signal: this.#loadingAlarms.signal });
  }

  /** Requests a list until it is answered; `apply` applies the answer. undefined when aborted. */
  async #ask<Answer>(
    part: Part,
    path: string,
    apply: (answer: Answer, asked: { readonly asked: number }) => DeskState,
    asking: Asking,
  ): Promise<Answer | undefined> {
    let source = { asked: 0 };
    const ask = () => {
      source = { asked: this.#state.messages };
      return get<Answer>(path, asking.signal);
    };
    const failed = (error: unknown) => this.#set(unanswered(this.#state, part, wordsOf(this.#texts, error)));
    const answer = await untilAnswered(ask, failed, asking);
    if (answer !== undefined) this.#set(answered(apply(answer, source), part));
    return answer;
  }

  async #loadGateways(asking: Asking): Promise<void> {
    const apply = ({ now, gateways }: GatewaysAnswer, source: { readonly asked: number }) => {
      correctClock(now);
      return withGateways(this.#state, gateways, source);
    };
    const answer = await this.#ask('gateways', '/api/v1/gateways', apply, asking);
    const ids = (answer?.gateways ?? []).map(({ gateway }) => gateway);
    await eachAnswered(ids, atOnce, (gateway) => this.#loadLedger(gateway, asking.signal), asking);
  }

  async #loadLedger(gateway: string, signal: AbortSignal): Promise<void> {
    const source = { asked: this.#state.messages };
    try {
      const ledger = await get<LedgerView>(`/api/v1/gateways/${gateway}/ledger`, signal);
      if (!signal.aborted) this.#set(withLedgers(this.#state, [ledger], source));
    } catch (error) {
      // 404: the centre does not know the gateway, so there is nothing to request again
      if (!(error instanceof ApiError && error.status === 404)) throw error;
    }
  }

  async #loadAlarms(asking: Asking): Promise<void> {
    const apply = (answer: AlarmsAnswer, source: { readonly asked: number }) =>
      withAllAlarms(this.#state, answer.alarms, answer.open, source, answer.not_listed);
    const path = `/api/v1/alarms?limit=${alarmsLimit}`;
    const answer = await this.#ask('alarms', path, apply, asking);
    await this.#loadCommands(answer?.alarms ?? [], asking);
    while (this.#state.moreActive && !asking.signal.aborted) {
      await wait(moreActiveMs, asking.signal);
      await this.#ask('alarms', path, apply, asking);
    }
  }

  /** Requests the commands to gateways whose alarms wait for an acknowledgement. */
  async #loadCommands(alarms: readonly AlarmView[], asking: Asking): Promise<void> {
    const waiting = alarms.filter(
      ({ open, acknowledged, acknowledged_where: where }) => (open && !acknowledged) || where === 'centre only',
    );
    const gateways = [...new Set(waiting.map(({ gateway }) => gateway))].slice(0, mostAsked);
    const load = async (gateway: string) => {
      const { commands } = await get<CommandsAnswer>(`/api/v1/gateways/${gateway}/commands`, asking.signal);
      if (!asking.signal.aborted) this.#set(withCommands(this.#state, commands));
    };
    await eachAnswered(gateways, atOnce, load, asking);
  }
}

function sentencesOf(sentences: readonly string[], texts: readonly Message[] | undefined): readonly CentreSentence[] {
  return sentences.map((words, index) => ({ words, text: texts?.[index] }));
}

/** Whether an event passes the list's filter. */
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
