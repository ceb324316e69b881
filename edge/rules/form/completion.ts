/**
 * Completes a condition while a person types it: variables of its subject, functions, metrics and channels that the gateway
 * has seen, ids of the site.
 *
 *   … val|                      variables and functions that begin so
 *   values.pow|  values["pow|   metrics of the readings
 *   device == "met|             ids of devices; likewise class, zone, line, to, channel
 *
 * Always: pure; works on unfinished text, so it reads single words around the cursor and never parses; at most `mostOptions`
 * answers, the ones that begin with the typed letters first.
 */
import type { Message } from '@forpost/shared/texts/message.ts';
import { message } from '@forpost/shared/texts/texts.ts';
import { conditionVariables, type Subject } from '../cel.ts';

/** What the site has, for texts within quotes and for `values`. */
export interface KnownWords {
  /** metrics that devices have sent, with the newest value */
  readonly metrics: ReadonlyMap<string, { readonly value?: number | string | boolean }>;
  readonly channels: readonly string[];
  readonly devices: readonly string[];
  readonly classes: readonly string[];
  readonly zones: readonly string[];
  readonly lines: readonly string[];
}

export interface Completion {
  /** what takes the place of the letters from `from` to `to` */
  readonly insert: string;
  /** what the list shows */
  readonly label: string;
  readonly about?: Message;
}

export interface Completions {
  /** offsets in the text: the letters that a choice takes the place of */
  readonly from: number;
  readonly to: number;
  readonly options: readonly Completion[];
}

const mostOptions = 40;

const functions: readonly Completion[] = [
  { insert: 'has(', label: 'has(values.…)', about: message('rule/about.has') },
  { insert: 'size(', label: 'size(…)', about: message('rule/about.size') },
  { insert: 'double(', label: 'double(…)', about: message('rule/about.number') },
  { insert: 'int(', label: 'int(…)', about: message('rule/about.number') },
  { insert: 'string(', label: 'string(…)', about: message('rule/about.text') },
  { insert: 'in [', label: 'in […]', about: message('rule/about.in') },
];
const methods: readonly Completion[] = [
  { insert: 'contains("', label: 'contains("…")', about: message('rule/about.contains') },
  { insert: 'startsWith("', label: 'startsWith("…")', about: message('rule/about.starts-with') },
  { insert: 'endsWith("', label: 'endsWith("…")', about: message('rule/about.ends-with') },
  { insert: 'matches("', label: 'matches("…")', about: message('rule/about.matches') },
];
const aboutVariables: Readonly<Record<string, Message>> = {
  hour: message('rule/about.hour'),
  minute: message('rule/about.minute'),
  weekday: message('rule/about.weekday'),
  device: message('rule/about.device'),
  channel: message('rule/about.channel'),
  metric: message('rule/about.metric'),
  value: message('rule/about.value'),
  values: message('rule/about.values'),
  zone: message('rule/about.zone'),
  line: message('rule/about.line'),
  to: message('rule/about.to'),
  class: message('rule/about.class'),
  score: message('rule/about.score'),
  track: message('rule/about.track'),
  width: message('rule/about.width'),
  height: message('rule/about.height'),
  count: message('rule/about.count'),
};
const plainName = /^[A-Za-z_]\w*$/;

/** What may stand at `offset` of `text`, a condition on `subject`. */
export function completionsOf(text: string, offset: number, subject: Subject, known: KnownWords): Completions {
  const to = Math.min(Math.max(0, offset), text.length);
  const before = text.slice(0, to);
  const quote = openQuote(before);
  if (quote !== undefined) return within(before, to, quote, subject, known);
  const typed = /\w*$/.exec(before)?.[0] ?? '';
  const from = to - typed.length;
  const isMember = /\.\s*$/.test(before.slice(0, from));
  if (!isMember) return { from, to, options: beginning(typed, [...variablesOf(subject), ...functions]) };
  const owner = /(\w+)\s*\.\s*$/.exec(before.slice(0, from))?.[1];
  if (owner === 'values' && subject === 'reading')
    return {
      from,
      to,
      options: beginning(
        typed,
        metricsOf(known).filter(({ insert }) => plainName.test(insert)),
      ),
    };
  return { from, to, options: beginning(typed, methods) };
}

/** Where the text that the cursor stands in began; undefined: it stands in none. */
function openQuote(before: string): { readonly at: number; readonly sign: string } | undefined {
  let open: { at: number; sign: string } | undefined;
  for (let at = 0; at < before.length; at++) {
    const sign = before[at] ?? '';
    if (open === undefined) {
      if (sign === '"' || sign === "'") open = { at, sign };
    } else if (sign === '\\') at++;
    else if (sign === open.sign) open = undefined;
  }
  return open;
}

/** Texts for the place in quotes: by the variable that is compared with, or the list that it stands in. */
function within(
  before: string,
  to: number,
  { at, sign }: { readonly at: number; readonly sign: string },
  subject: Subject,
  known: KnownWords,
): Completions {
  const typed = before.slice(at + 1);
  const lead = before.slice(0, at);
  const isKey = /\bvalues\s*\[\s*$/.test(lead);
  const variable = /(\w+)\s*(?:==|!=|in\s*\[[^\]]*)\s*$/.exec(lead)?.[1] ?? '';
  const isKnown = Object.hasOwn(conditionVariables[subject], variable);
  const ids = isKnown && Object.hasOwn(sources, variable) ? (sources[variable]?.(known) ?? []) : [];
  const options = isKey ? metricsOf(known) : ids.map((id) => ({ insert: id, label: id }));
  const end = isKey ? `${sign}]` : sign;
  return {
    from: at + 1,
    to,
    options: beginning(typed, options).map((one) => ({ ...one, insert: `${one.insert}${end}` })),
  };
}

const sources: Readonly<Record<string, (known: KnownWords) => readonly string[]>> = {
  device: ({ devices }) => devices,
  channel: ({ channels }) => channels,
  metric: ({ metrics }) => [...metrics.keys()],
  class: ({ classes }) => classes,
  zone: ({ zones }) => zones,
  line: ({ lines }) => lines,
  to: () => ['left', 'right', 'up', 'down'],
};

function variablesOf(subject: Subject): readonly Completion[] {
  return Object.keys(conditionVariables[subject]).map((name) => {
    const about = aboutVariables[name];
    return { insert: name, label: name, ...(about === undefined ? {} : { about }) };
  });
}

function metricsOf({ metrics }: KnownWords): readonly Completion[] {
  return [...metrics].map(([metric, { value }]) => ({
    insert: metric,
    label: metric,
    ...(value === undefined ? {} : { about: message('rule/about.seen', { value: { metric, value } }) }),
  }));
}

function beginning(typed: string, options: readonly Completion[]): readonly Completion[] {
  const wanted = typed.toLowerCase();
  const begins = options.filter(({ insert }) => insert.toLowerCase().startsWith(wanted));
  const contains = options.filter(
    ({ insert }) => insert.toLowerCase().includes(wanted) && !insert.toLowerCase().startsWith(wanted),
  );
  return [...begins, ...(wanted === '' ? [] : contains)].slice(0, mostOptions);
}
