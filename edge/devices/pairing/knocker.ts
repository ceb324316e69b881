/**
 * One unknown client of the pairing window: what its connections and messages show.
 *
 *   knocking ── accepted ──► being taken in ── revision made ──► taken in ── it logs in ──► arrived
 *      │  ▲                        └── refused ──► knocking
 *      └── ignored: refused until the window ends
 *
 * Always: bounded in topics, letters, bytes and work, whatever the client sends. Its password is kept for taking it over,
 * in memory alone, and shown to nobody; `forget` ends that.
 */
import type { Knock, KnockerPublish, QuarantinedClient } from '../../broker/knock.ts';
import type { Decoder } from '../decoder.ts';
import type { UnknownMessage } from '../recognise.ts';
import { Judgement, recognise } from './judgement.ts';
import type { WorkBudget } from './work-budget.ts';

/** The whole state travels to each open page at each change. */
const mostTopics = 8;
const longestTopic = 200;
const shownBytes = 160;
/** A longer topic or payload is counted and shown, and no decoder gets it. */
const longestRecognisedTopic = 512;
const mostRecognisedBytes = 64 * 1024;
const longestName = 128;
/** Questions to one client, over all of its connections. */
const mostQuestions = 12;

/** A topic of an unknown client, with its newest message. Times in ms since 1970. */
export interface KnockerTopic {
  readonly topic: string;
  /** messages on it */
  readonly count: number;
  readonly qos: 0 | 1 | 2;
  readonly isRetained: boolean;
  /** bytes of the newest payload */
  readonly bytes: number;
  /** the first of them */
  readonly begin: Uint8Array;
  readonly at: number;
}

/** A device, bridge or consumer that a person made of the client. */
export interface TakenIn {
  readonly id: string;
  readonly name: string;
  readonly by: string;
  /** ms since 1970 */
  readonly at: number;
  /** how it logs in: with what it came with, or with a credential that a person enters */
  readonly logIn: 'own' | 'made';
  /** ms since 1970, of its first log-in since; undefined: it has not come yet */
  readonly arrived: number | undefined;
}

export class Knocker {
  /** short, for the command line */
  readonly number: number;
  /** group of addresses that share limits */
  readonly group: string;
  readonly address: string;
  readonly clientId: string;
  readonly user: string | undefined;
  readonly since: number;
  readonly #budget: WorkBudget;
  #knock: Knock;
  #password: Uint8Array | undefined;
  #client: QuarantinedClient | undefined;
  #connections = 0;
  #messages = 0;
  #last: number;
  readonly #topics = new Map<string, KnockerTopic>();
  #moreTopics = 0;
  readonly #judgements = new Map<string, Judgement>();
  readonly #asked = new Set<string>();
  /** a person is taking it in right now */
  isBeingTakenIn = false;
  takenIn: TakenIn | undefined;

  constructor(number: number, group: string, knock: Knock, now: number, budget: WorkBudget) {
    this.number = number;
    this.group = group;
    this.#knock = knock;
    this.address = knock.address.slice(0, longestName);
    this.clientId = knock.clientId.slice(0, longestName);
    this.user = knock.user?.slice(0, longestName);
    this.since = now;
    this.#last = now;
    this.#budget = budget;
  }

  /** its newest CONNECT; the password of it is gone after `forget` */
  get knock(): Knock {
    return this.#knock;
  }

  get password(): Uint8Array | undefined {
    return this.#password;
  }

  get isConnected(): boolean {
    return this.#client !== undefined;
  }

  get counts(): { readonly connections: number; readonly messages: number; readonly moreTopics: number } {
    return { connections: this.#connections, messages: this.#messages, moreTopics: this.#moreTopics };
  }

  /** ms since 1970 */
  get last(): number {
    return this.#last;
  }

  /** the newest first */
  get topics(): readonly KnockerTopic[] {
    return [...this.#topics.values()].sort((a, b) => b.at - a.at);
  }

  /** the surest first */
  get judgements(): readonly Judgement[] {
    return [...this.#judgements.values()].sort((a, b) => b.sure - a.sure || b.outcome.read - a.outcome.read);
  }

  /** A new connection of the client. The older one is closed: a client has one. */
  connected(knock: Knock, client: QuarantinedClient, now: number): void {
    const before = this.#client;
    this.#client = client;
    this.#knock = { ...knock, password: undefined };
    this.#password = knock.password === undefined ? undefined : Uint8Array.from(knock.password);
    this.#connections++;
    this.#last = now;
    before?.end();
  }

  disconnected(client: QuarantinedClient, now: number): void {
    if (this.#client !== client) return;
    this.#client = undefined;
    this.#last = now;
  }

  /** Closes its connection. */
  end(): void {
    this.#client?.end();
  }

  /** Forgets the password that it gave. */
  forget(): void {
    this.#password = undefined;
  }

  /** Notes a message, and lets the decoders judge it as far as the budget reaches. */
  published({ topic, payload, qos, retain }: KnockerPublish, decoders: readonly Decoder[], now: number): void {
    this.#messages++;
    this.#last = now;
    this.#noteTopic(topic, payload, { qos, isRetained: retain }, now);
    this.#judge(topic, payload, decoders, now);
  }

  /** The will names the client's own topics; it is shown as a message, and published to nobody. */
  noteWill(decoders: readonly Decoder[], now: number): void {
    const { will } = this.#knock;
    if (will !== undefined) this.#judge(will.topic, will.payload, decoders, now);
  }

  /** Asks the client what the surest decoder wants to know, each question once, as far as it has subscribed. */
  ask(): void {
    const [surest] = this.judgements;
    if (this.#client === undefined || surest === undefined) return;
    for (const { topic, payload } of surest.questions) {
      const key = `${topic} ${payload}`;
      if (this.#asked.has(key) || this.#asked.size >= mostQuestions) continue;
      if (this.#client.send(topic, payload)) this.#asked.add(key);
    }
  }

  #noteTopic(topic: string, payload: Uint8Array, flags: Pick<KnockerTopic, 'qos' | 'isRetained'>, at: number): void {
    const shown = topic.length > longestTopic ? `${topic.slice(0, longestTopic - 1)}…` : topic;
    const known = this.#topics.get(shown);
    if (known === undefined && this.#topics.size >= mostTopics) {
      this.#moreTopics++;
      return;
    }
    const begin = Uint8Array.from(payload.subarray(0, shownBytes));
    this.#topics.set(shown, {
      topic: shown,
      count: (known?.count ?? 0) + 1,
      ...flags,
      bytes: payload.length,
      begin,
      at,
    });
  }

  #judge(topic: string, payload: Uint8Array, decoders: readonly Decoder[], now: number): void {
    if (topic.length > longestRecognisedTopic || payload.length > mostRecognisedBytes) return;
    if (!this.#budget.spend(payload.length)) return;
    const { clientId, user = '' } = this;
    const message: UnknownMessage = { clientId, user, topic, payload };
    for (const [decoder, recognised] of recognise(decoders, message)) {
      let judgement = this.#judgements.get(decoder.name);
      if (judgement === undefined) {
        judgement = new Judgement(decoder, recognised);
        this.#judgements.set(decoder.name, judgement);
      }
      judgement.add(recognised, message, now);
    }
  }
}
