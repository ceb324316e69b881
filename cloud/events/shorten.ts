/**
 * Events as they go into lists: whoever sends 1 MB in each of them makes no page of 100 MB. Long texts, lists and objects
 * in the data are shortened, with a mark; the whole event has an address of its own (GET /api/v1/events/<id>).
 *
 * Always: an event of `maxEventBytes` or less is as it came; one that is shortened says so (`shortened`: bytes of its data)
 * and keeps its attributes; the result is `maxEventBytes` and a little. Pure.
 */
/** Bytes of the data of one event in a list: ten times the largest event that a Forpost gateway makes. */
export const maxEventBytes = 8_192;
const longestText = 300;
const mostEntries = 40;
const deepest = 4;
const shortenedTextBytes = 500;

interface Shortenable {
  readonly data: unknown;
  /** of the data, where the history left it out already */
  readonly data_bytes?: number;
}

/** A long attribute of a large event is not in the list: only the event’s own address has it. */
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

/** The events that fit into `maxBytes`, the first one always; how many that are, and each of them shortened. */
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
