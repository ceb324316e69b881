/**
 * Finds the subscriptions that match a topic: the filters of all sessions and connections in one tree, a node for each level.
 *
 *   subscriber ── add, remove ──► in the tree ── end ──► matches nothing more ── removed, some filters a turn ──► gone
 *
 * Always: the cost of a match depends on the topic's levels and the matching filters, not on other filters. A subscriber is
 * found once for a topic, with the highest QoS of its matching filters [MQTT-3.3.5-1], and with all these filters if one has
 * MQTT 5 options. A subscriber without a persistent session, with MQTT 5 subscription identifiers, is found once for each
 * identifier. The filters of an ended subscriber match nothing from its end on.
 */
import { outside } from '@forpost/shared/bounded-work.ts';
import type { Subscription } from './subscription.ts';

export interface Subscriber {
  /** `<principal>/<its own client id>` */
  readonly client: string;
  /** its principal: the filters of one principal are counted together */
  readonly owner: string;
  readonly subscriptions: Map<string, Subscription>;
  /** a persistent session, for which QoS 1 and 2 messages are queued */
  readonly isStored: boolean;
  /** its filters with `+` or `#` */
  wildcards: number;
  /** characters of its filters */
  letters: number;
  isEnded: boolean;
}

export interface Match<S extends Subscriber> {
  readonly subscriber: S;
  readonly qos: 0 | 1 | 2;
  /** all matching subscriptions, if one has options that change the delivery; undefined: none has */
  readonly special: readonly Subscription[] | undefined;
}

/** The subscribers of a topic, each once, or once for each of its subscription identifiers. */
export interface Matches<S extends Subscriber> {
  readonly all: readonly Match<S>[];
  /** subscribers with a persistent session and QoS 1 or 2 */
  readonly stored: readonly Match<S>[];
}

/** The filters of one principal. */
export interface Held {
  filters: number;
  /** of these with `+` or `#` */
  wildcards: number;
  /** of all of them together */
  letters: number;
}

interface Node<S> {
  next: Map<string, Node<S>> | undefined;
  plus: Node<S> | undefined;
  /** filters that end in this level */
  here: Map<S, Subscription> | undefined;
  /** filters that go on with `#` */
  rest: Map<S, Subscription> | undefined;
}

/** Limits of the cache of matches between changes: the number of topics, and their length. */
const maxCachedTopics = 10_000;
const longestCached = 256;
/** Filters of ended subscribers that are removed in one turn of the event loop. */
const sweptPerTurn = 128;

export class FilterIndex<S extends Subscriber> {
  readonly #root: Node<S> = emptyNode();
  readonly #held = new Map<string, Held>();
  readonly #cache = new Map<string, Matches<S>>();
  readonly #swept: { readonly subscriber: S; readonly filters: Iterator<string> }[] = [];

  /** The filters of a principal, in all its sessions and connections. */
  heldBy(owner: string): Readonly<Held> {
    return this.#held.get(owner) ?? { filters: 0, wildcards: 0, letters: 0 };
  }

  /** For tests: whether the tree is empty. */
  get isBare(): boolean {
    const { next, plus, here, rest } = this.#root;
    return (next ?? plus ?? here ?? rest) === undefined;
  }

  /** Adds a subscription, or changes its QoS. */
  add(subscriber: S, subscription: Subscription): void {
    const { topic } = subscription;
    if (!subscriber.subscriptions.has(topic)) this.#countOne(subscriber, topic, 1);
    subscriber.subscriptions.set(topic, subscription);
    this.#cache.clear();
    let node = this.#root;
    for (const level of topic.split('/')) {
      if (level === '#') {
        node.rest ??= new Map();
        node.rest.set(subscriber, subscription);
        return;
      }
      node = childOf(node, level);
    }
    node.here ??= new Map();
    node.here.set(subscriber, subscription);
  }

  /** false: there was none. */
  remove(subscriber: S, filter: string): boolean {
    if (!subscriber.subscriptions.delete(filter)) return false;
    this.#countOne(subscriber, filter, -1);
    this.#cache.clear();
    this.#remove(subscriber, filter);
    return true;
  }

  /** Ends a subscriber: its filters match nothing from now on. */
  end(subscriber: S): void {
    if (subscriber.isEnded) return;
    subscriber.isEnded = true;
    if (subscriber.subscriptions.size === 0) return;
    this.#count(subscriber.owner, -subscriber.subscriptions.size, -subscriber.wildcards, -subscriber.letters);
    this.#cache.clear();
    this.#swept.push({ subscriber, filters: subscriber.subscriptions.keys() });
    if (this.#swept.length === 1) outside(setImmediate, () => this.#sweep());
  }

  /** Each subscriber once. The topic has no wildcards. */
  match(topic: string): Matches<S> {
    const known = this.#cache.get(topic);
    if (known !== undefined) return known;
    const found = new Map<S, Subscription[]>();
    collect(this.#root, topic.split('/'), 0, topic.startsWith('$'), found);
    const all = [...found].flatMap(([subscriber, held]) => matchesOf(subscriber, held));
    const matches = { all, stored: all.filter(({ subscriber, qos }) => subscriber.isStored && qos > 0) };
    if (topic.length > longestCached) return matches;
    if (this.#cache.size >= maxCachedTopics) this.#cache.clear();
    this.#cache.set(topic, matches);
    return matches;
  }

  #countOne(subscriber: S, filter: string, by: 1 | -1): void {
    const wildcards = hasWildcard(filter) ? by : 0;
    const letters = by * filter.length;
    subscriber.wildcards += wildcards;
    subscriber.letters += letters;
    this.#count(subscriber.owner, by, wildcards, letters);
  }

  #count(owner: string, filters: number, wildcards: number, letters: number): void {
    const held = this.#held.get(owner) ?? { filters: 0, wildcards: 0, letters: 0 };
    held.filters += filters;
    held.wildcards += wildcards;
    held.letters += letters;
    if (held.filters === 0) this.#held.delete(owner);
    else this.#held.set(owner, held);
  }

  #sweep(): void {
    const first = this.#swept[0];
    if (first === undefined) return;
    for (let n = 0; n < sweptPerTurn; n++) {
      const { value: filter, done } = first.filters.next();
      if (done === true) {
        first.subscriber.subscriptions.clear();
        this.#swept.shift();
        break;
      }
      this.#remove(first.subscriber, filter);
    }
    if (this.#swept.length > 0) setImmediate(() => this.#sweep());
  }

  #remove(subscriber: S, filter: string): void {
    const levels = filter.split('/');
    const path: Node<S>[] = [this.#root];
    let node: Node<S> | undefined = this.#root;
    for (const level of levels) {
      if (level === '#') break;
      node = level === '+' ? node.plus : node.next?.get(level);
      if (node === undefined) return;
      path.push(node);
    }
    const isRest = levels.at(-1) === '#';
    const held = isRest ? node.rest : node.here;
    held?.delete(subscriber);
    if (held?.size === 0) node[isRest ? 'rest' : 'here'] = undefined;
    prune(path, levels);
  }
}

export function hasWildcard(filter: string): boolean {
  return filter.includes('+') || filter.includes('#');
}

function emptyNode<S>(): Node<S> {
  return { next: undefined, plus: undefined, here: undefined, rest: undefined };
}

function childOf<S>(node: Node<S>, level: string): Node<S> {
  if (level === '+') {
    node.plus ??= emptyNode();
    return node.plus;
  }
  node.next ??= new Map();
  let child = node.next.get(level);
  if (child === undefined) {
    child = emptyNode();
    node.next.set(level, child);
  }
  return child;
}

/** Removes empty nodes from the tree, from the deepest of the path up. */
function prune<S>(path: readonly Node<S>[], levels: readonly string[]): void {
  for (let depth = path.length - 1; depth > 0; depth--) {
    const node = path[depth];
    const parent = path[depth - 1];
    const level = levels[depth - 1];
    if (node === undefined || parent === undefined || level === undefined) return;
    if (node.next !== undefined || node.plus !== undefined || node.here !== undefined || node.rest !== undefined)
      return;
    if (level === '+') parent.plus = undefined;
    else parent.next?.delete(level);
    if (parent.next?.size === 0) parent.next = undefined;
  }
}

/** `isOurs`: the topic begins with `$`, which no leading wildcard matches [MQTT-4.7.2-1]. */
function collect<S extends Subscriber>(
  node: Node<S>,
  levels: readonly string[],
  depth: number,
  isOurs: boolean,
  found: Map<S, Subscription[]>,
): void {
  const mayBeWild = depth > 0 || !isOurs;
  if (node.rest !== undefined && mayBeWild) add(node.rest, found);
  const level = levels[depth];
  if (level === undefined) {
    if (node.here !== undefined) add(node.here, found);
    return;
  }
  const child = node.next?.get(level);
  if (child !== undefined) collect(child, levels, depth + 1, isOurs, found);
  if (node.plus !== undefined && mayBeWild) collect(node.plus, levels, depth + 1, isOurs, found);
}

function add<S extends Subscriber>(from: ReadonlyMap<S, Subscription>, found: Map<S, Subscription[]>): void {
  for (const [subscriber, subscription] of from) {
    if (subscriber.isEnded) continue;
    const others = found.get(subscriber);
    if (others === undefined) found.set(subscriber, [subscription]);
    else others.push(subscription);
  }
}

/** A client with more matching identifiers gets one message with all of them: otherwise a message could cost 1,000 copies. */
const mostCopies = 16;

/**
 * One copy for each identifier [MQTT-3.3.4-5], because Node-RED 4.1 drops a message with several. A session's queue holds
 * one message with all identifiers [MQTT-3.3.4-4]. One copy has the highest QoS [MQTT-3.3.4-2].
 */
function matchesOf<S extends Subscriber>(subscriber: S, held: readonly Subscription[]): Match<S>[] {
  if (held.length === 1 || subscriber.isStored) return [matchOf(subscriber, held)];
  const [first, ...others] = held.filter(({ id }) => id !== undefined);
  if (first === undefined || others.length === 0 || others.length >= mostCopies) return [matchOf(subscriber, held)];
  const plain = held.filter(({ id }) => id === undefined);
  return [matchOf(subscriber, [first, ...plain]), ...others.map((one) => matchOf(subscriber, [one]))];
}

function matchOf<S extends Subscriber>(subscriber: S, held: readonly Subscription[]): Match<S> {
  const qos = Math.max(...held.map((each) => each.qos)) as 0 | 1 | 2;
  return { subscriber, qos, special: held.some(isSpecial) ? held : undefined };
}

function isSpecial({ noLocal, retainAsPublished, id }: Subscription): boolean {
  return noLocal === true || retainAsPublished === true || id !== undefined;
}
