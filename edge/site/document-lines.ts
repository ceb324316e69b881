/**
 * A checked document on its way between the main thread and a thread that checks documents or rehearses rules: text, one
 * line of JSON for each entry. `postMessage` writes and reads an object of 5,000 devices in one piece, for which alarms wait
 * 20 ms; the main thread writes and reads lines in slices (shared/slices.ts).
 *
 *   {"site": …, "secrets": …, "lists": [["devices", 2], ["bridges", 1], …]}     all that is in no list
 *   {"id": "meter-1", …}                                                        the entries of each list
 *   {"bridge": {"id": "z2m", …}, "devices": 3}                                  a bridge, then the devices behind it
 *   ["meter-1", "$forpost$…"]                                                   credentials (`mqtt` of the secrets)
 *
 * Always: the document that is read equals the one that was written; an entry that the site has already is the same
 * object, so that parts see at once what a change does not touch.
 */
import { isDeepStrictEqual } from 'node:util';
import { atOnce } from '@forpost/shared/slices.ts';
import type { LoadedDocument } from './change.ts';
import type { MqttSecret, Secrets } from './secrets.ts';
import type { BridgeConfig, Site } from './site.ts';

/** The site as it runs, whose entries are used again. */
export interface KnownDocument {
  readonly site: Pick<Site, ListName>;
  readonly secretOf: (id: string) => MqttSecret | undefined;
}

type Entry = { readonly id: string };
type Behind = NonNullable<BridgeConfig['devices']>;

const listNames = ['devices', 'bridges', 'consumers', 'cameras', 'rules', 'actions'] as const;
type ListName = (typeof listNames)[number];

interface Head {
  readonly site: Omit<Site, ListName>;
  readonly secrets: Omit<Secrets, 'mqtt'>;
  /** the lists that the document has, with their lengths */
  readonly lists: readonly (readonly [ListName, number])[];
  readonly logIns: number;
}

/** A bridge's own line. */
interface BridgeLine {
  readonly bridge: Omit<BridgeConfig, 'devices'>;
  /** how many lines of devices follow; absent: the bridge has no list */
  readonly devices?: number;
}

/** The lines of a document. */
export function linesOf(document: LoadedDocument): string {
  return atOnce(lineSteps(document));
}

/** The lines of a document, in steps. */
export function* lineSteps({ site, secrets }: LoadedDocument): Generator<void, string, void> {
  const { devices, bridges, consumers, cameras, rules, actions, ...ownSite } = site;
  const { mqtt, ...ownSecrets } = secrets;
  const lists = { devices, bridges, consumers, cameras, rules, actions };
  const present = listNames.flatMap((name) => {
    const list = lists[name];
    return list === undefined ? [] : [[name, list] as const];
  });
  const logIns = Object.entries(mqtt);
  const counts = present.map(([name, list]) => [name, list.length] as const);
  const head: Head = { site: ownSite, secrets: ownSecrets, lists: counts, logIns: logIns.length };
  const lines: string[] = [JSON.stringify(head)];
  for (const [name, list] of present)
    for (const entry of name === 'bridges' ? bridgeEntries(list as readonly BridgeConfig[]) : list) {
      lines.push(JSON.stringify(entry));
      yield;
    }
  for (const logIn of logIns) {
    lines.push(JSON.stringify(logIn));
    yield;
  }
  return lines.join('\n');
}

/** Each bridge without its devices, and then those. */
function* bridgeEntries(bridges: readonly BridgeConfig[]): Generator<unknown, void, void> {
  for (const { devices, ...bridge } of bridges) {
    yield { bridge, ...(devices === undefined ? {} : { devices: devices.length }) } satisfies BridgeLine;
    yield* devices ?? [];
  }
}

/** The document of `lines`, in steps. `known`: the site as it runs; absent: nothing is used again. */
export function* documentIn(lines: string, known?: KnownDocument): Generator<void, LoadedDocument, void> {
  const reader = new LineReader(lines);
  const head = JSON.parse(reader.next()) as Head;
  const lists: Partial<Record<ListName, readonly unknown[]>> = {};
  for (const [name, count] of head.lists)
    lists[name] =
      name === 'bridges'
        ? yield* readBridges(reader, count, known?.site.bridges ?? [])
        : yield* readEntries(reader, count, (known?.site[name] ?? []) as readonly Entry[]);
  const mqtt: Record<string, MqttSecret> = {};
  for (let left = head.logIns; left > 0; left--) {
    const [id, secret] = JSON.parse(reader.next()) as [string, MqttSecret];
    const before = known?.secretOf(id);
    mqtt[id] = before !== undefined && isDeepStrictEqual(before, secret) ? before : secret;
    yield;
  }
  return { site: { ...head.site, ...lists } as unknown as Site, secrets: { ...head.secrets, mqtt } };
}

/** `known`: the entries of the list before, in their order. */
function* readEntries<E extends Entry>(
  reader: LineReader,
  count: number,
  known: readonly E[],
): Generator<void, readonly E[], void> {
  const places = yield* placesOf(known);
  const entries: E[] = [];
  // most changes leave the order: the next entry is then the one after the last that was found
  let expected = 0;
  for (let left = count; left > 0; left--) {
    const line = reader.next();
    const next = known[expected];
    if (next !== undefined && JSON.stringify(next) === line) {
      entries.push(next);
      expected++;
    } else {
      const entry = JSON.parse(line) as E;
      const place = places.get(entry.id);
      const before = place === undefined ? undefined : known[place];
      if (place !== undefined) expected = place + 1;
      entries.push(before !== undefined && isDeepStrictEqual(before, entry) ? before : entry);
    }
    yield;
  }
  return entries;
}

function* readBridges(
  reader: LineReader,
  count: number,
  known: readonly BridgeConfig[],
): Generator<void, readonly BridgeConfig[], void> {
  const bridges: BridgeConfig[] = [];
  for (let left = count; left > 0; left--) {
    const { bridge: own, devices: behind } = JSON.parse(reader.next()) as BridgeLine;
    const before = known.find(({ id }) => id === own.id);
    const devices = behind === undefined ? undefined : yield* readEntries(reader, behind, before?.devices ?? []);
    const bridge = { ...own, ...(devices === undefined ? {} : { devices: devices as Behind }) } as BridgeConfig;
    bridges.push(before !== undefined && isSameBridge(before, bridge) ? before : bridge);
    yield;
  }
  return bridges;
}

/** Devices that did not change are the same objects. */
function isSameBridge(before: BridgeConfig, { devices, ...own }: BridgeConfig): boolean {
  const { devices: known, ...rest } = before;
  return (
    known?.length === devices?.length &&
    (devices ?? []).every((device, index) => device === known?.[index]) &&
    isDeepStrictEqual(rest, own)
  );
}

function* placesOf(entries: readonly Entry[]): Generator<void, ReadonlyMap<string, number>, void> {
  const places = new Map<string, number>();
  for (const [place, { id }] of entries.entries()) {
    places.set(id, place);
    yield;
  }
  return places;
}

/** A list as lines, one line of JSON for each entry. */
export function listLines(list: readonly unknown[]): string {
  return list.map((one) => JSON.stringify(one)).join('\n');
}

/** The list of `lines`, in steps. */
export function* listIn<T>(lines: string): Generator<void, readonly T[], void> {
  const list: T[] = [];
  const reader = new LineReader(lines);
  while (!reader.isAtEnd) {
    list.push(JSON.parse(reader.next()) as T);
    yield;
  }
  return list;
}

class LineReader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#text.length;
  }

  /** @throws RangeError at the end of the text */
  next(): string {
    if (this.isAtEnd) throw new RangeError('the text of a document has too few lines');
    const end = this.#text.indexOf('\n', this.#at);
    const line = this.#text.slice(this.#at, end === -1 ? undefined : end);
    this.#at = end === -1 ? this.#text.length : end + 1;
    return line;
  }
}
