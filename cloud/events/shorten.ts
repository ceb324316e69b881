/**
 * Shortens events for lists: a gateway that sends events of 1 MB makes no page of 100 MB. Long texts, lists and objects in
 * the data are shortened, with a mark. The whole event has an address of its own (GET /api/v1/events/<id>).
 *
 * Always: an event of at most `maxEventBytes` stays as it came. A shortened event says so (`shortened`: the bytes of its
 * data), keeps its attributes, and has little more than `maxEventBytes`. Pure.
 */
/** Of the data of one event in a list: ten times the largest event that a gateway makes. */
export const maxEventBytes = 8_192;
const longestText = 300;
const mostEntries = 40;
const deepest = 4;
const shortenedTextBytes = 500;

interface Shortenable {
  readonly data: unknown;
  /** bytes of the data, where the history has left it out already */
  readonly data_bytes?: number;
}

/** Shortens one event. A long attribute of a large event is left out: only the event’s own address has it. */
export function shortened<Event extends Shortenable>(event: Event): Event & { readonly shortened?: number } {
  const { data_bytes: leftOut, ...whole } = event;
  const text = JSON.stringify(whole);
  if (leftOut === undefined && text.length <= maxEventBytes) return whole as Event;
  const bytes = leftOut ?? Buffer.byteLength(JSON.stringify(event.data) ?? '');
  const attributes = Object.fromEntries(
    Object.entries(whole).filter(([name, value]) => name === 'data' || JSON.stringify(value).length <= longestText),
  );
  let data: unknown = event.data;
  for (const [entries, characters] of [
    [mostEntries, longestText],
    [mostEntries / 2, longestText / 2],
    [mostEntries / 4, longestText / 6],
  ] as const) {
    data = part(event.data, entries, characters, deepest);
    if (JSON.stringify(data).length <= maxEventBytes) break;
  }
  if (JSON.stringify(data).length > maxEventBytes)
    data = `${JSON.stringify(event.data).slice(0, shortenedTextBytes).toWellFormed()}…`;
  return { ...attributes, data, shortened: bytes } as Event & { shortened: number };
}

function part(value: unknown, entries: number, characters: number, depth: number): unknown {
  if (typeof value === 'string')
    return value.length <= characters ? value : `${value.slice(0, characters - 1).toWellFormed()}…`;
  if (typeof value !== 'object' || value === null) return value;
  if (depth === 0) return '…';
  if (Array.isArray(value)) return value.slice(0, entries).map((one) => part(one, entries, characters, depth - 1));
  return Object.fromEntries(
    Object.entries(value)
      .slice(0, entries)
      .map(([name, one]) => [part(name, entries, characters, 1), part(one, entries, characters, depth - 1)]),
  );
}

/** The first events that fit into `maxBytes` together, each of them shortened; at least one. */
export function withinBytes<Event extends Shortenable>(
  events: readonly Event[],
  maxBytes: number,
): readonly (Event & { readonly shortened?: number })[] {
  const kept: (Event & { readonly shortened?: number })[] = [];
  let bytes = 0;
  for (const event of events) {
    const short = shortened(event);
    bytes += Buffer.byteLength(JSON.stringify(short));
    if (kept.length > 0 && bytes > maxBytes) break;
    kept.push(short);
  }
  return kept;
}
