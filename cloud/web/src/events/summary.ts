/** One line that says what an event says. Pure; an event of another version says what it can. */

import type { EventView } from '../../../events/schemas.ts';
import { count, countOf, metricName, metricValue } from '../format.ts';
import type { Tone } from '../parts/mark.tsx';
import { table } from '../parts/table.ts';

export interface EventWords {
  readonly kind: string;
  readonly tone: Tone;
  readonly text: string;
}

type Fields = Readonly<Record<string, unknown>>;

const longestText = 240;

export function eventWords(event: EventView): EventWords {
  const data: Fields = typeof event.data === 'object' && event.data !== null ? (event.data as Fields) : {};
  const words = byType[event.type] ?? other;
  const said = words(data, event);
  return { ...said, text: said.text.length > longestText ? `${said.text.slice(0, longestText)}…` : said.text };
}

const byType = table<(data: Fields, event: EventView) => EventWords>({
  'forpost.reading.v1': reading,
  'forpost.alert.v1': alert,
  'forpost.vision.observation.v1': observation,
  'forpost.vision.count.v1': visionCount,
  'forpost.gap.v1': gap,
  'forpost.clock.v1': (data) => ({
    kind: 'Clock',
    tone: 'quiet',
    text: `the clock was set${typeof data.source === 'string' ? ` by ${data.source}` : ''}`,
  }),
  'forpost.command.result.v1': commandResult,
  'forpost.gateway.v1': (data, event) => ({ ...other(data, event), kind: 'Gateway' }),
  'forpost.device.v1': (data, event) => ({ ...other(data, event), kind: 'Device' }),
  'forpost.state.v1': (data, event) => ({ ...other(data, event), kind: 'State' }),
});

/** The names of the types, for choosing. */
export const typeNames: readonly { readonly value: string; readonly label: string }[] = [
  { value: 'forpost.reading.v1', label: 'Readings' },
  { value: 'forpost.alert.v1', label: 'Alerts' },
  { value: 'forpost.vision.observation.v1', label: 'Observations' },
  { value: 'forpost.vision.count.v1', label: 'Counts' },
  { value: 'forpost.gap.v1', label: 'Gaps' },
  { value: 'forpost.command.result.v1', label: 'Commands' },
  { value: 'forpost.gateway.v1', label: 'Gateway' },
  { value: 'forpost.device.v1', label: 'Device' },
  { value: 'forpost.clock.v1', label: 'Clock' },
];

function reading(data: Fields): EventWords {
  const values = typeof data.values === 'object' && data.values !== null ? Object.entries(data.values) : [];
  const said = values.map(([metric, value]) => `${metricName(metric)} ${plain(value, metric)}`);
  const quality = typeof data.quality === 'string' ? ` (${data.quality})` : '';
  const channel = typeof data.channel === 'string' ? `${data.channel}: ` : '';
  return { kind: 'Reading', tone: 'quiet', text: `${channel}${said.join(' · ')}${quality}` };
}

function alert(data: Fields): EventWords {
  const severity = typeof data.severity === 'string' ? data.severity : 'warning';
  const over = data.change === 'cleared';
  const tone: Tone = over ? 'good' : severity === 'critical' || severity === 'info' ? severity : 'warning';
  const change = typeof data.change === 'string' ? data.change : 'changed';
  const message = typeof data.message === 'string' ? data.message : '';
  // what is so now tells nobody what it was about
  const about = data.active === false && typeof data.summary === 'string' ? data.summary : message;
  const now = over && about !== message ? ` (${message})` : '';
  const by =
    data.change === 'acknowledged' && typeof data.acknowledged_by === 'string' ? ` by ${data.acknowledged_by}` : '';
  return { kind: 'Alert', tone, text: `${change}${by}: ${about}${now}` };
}

function observation(data: Fields): EventWords {
  const place = typeof data.zone === 'string' ? data.zone : typeof data.line === 'string' ? data.line : '';
  const way = typeof data.to === 'string' ? ` ${toward(data.to)}` : '';
  const where =
    place === '' ? '' : ` ${data.change === 'parked' || data.change === 'moved' ? 'in ' : ''}${place}${way}`;
  const score = typeof data.score === 'number' ? ` (${Math.round(data.score * 100)} %)` : '';
  return { kind: 'Camera', tone: 'info', text: `${plain(data.class)} ${plain(data.change)}${where}${score}` };
}

/** A side of a line in words: to the left, up. */
function toward(side: string): string {
  return side === 'left' || side === 'right' ? `to the ${side}` : side;
}

function visionCount(data: Fields): EventWords {
  const over = typeof data.seconds === 'number' ? ` in ${data.seconds} s` : '';
  const named = (what: unknown, of: string) => (typeof what === 'number' ? [`${what} ${of}`] : []);
  const crossed = typeof data.crossed === 'object' && data.crossed !== null ? Object.entries(data.crossed) : [];
  const parts =
    typeof data.line === 'string'
      ? crossed.flatMap(([to, times]) => named(times, toward(to)))
      : [...named(data.entered, 'entered'), ...named(data.left, 'left'), ...named(data.now, 'there now')];
  const place = plain(data.line ?? data.zone);
  return { kind: 'Count', tone: 'quiet', text: `${place}, ${plain(data.class)}: ${parts.join(', ')}${over}` };
}

function gap(data: Fields): EventWords {
  const { from, to, lane, reason } = data;
  const events = typeof data.count === 'number' ? countOf(data.count, 'event') : 'some events';
  const said = (what: string) =>
    ({ kind: 'Gap', tone: 'warning', text: `${plain(lane)}, ${what}: ${plain(reason)}` }) as const;
  if (to === null) return said(`what had not been received of no. ${plain(from)} on, nobody knows how many events`);
  if (to === '0') return said(`${events} that never had a number`);
  if (typeof from === 'string' && typeof to === 'string')
    return said(`what had not been received of no. ${count(Number(from))}–${count(Number(to))} (${events})`);
  return said(events);
}

function commandResult(data: Fields): EventWords {
  const text = `${plain(data.kind)} by ${plain(data.author)}: ${plain(data.outcome)}, ${plain(data.message)}`;
  return { kind: 'Command', tone: data.outcome === 'applied' ? 'good' : 'warning', text };
}

function other(data: Fields, event: EventView): EventWords {
  const kind = event.type.replace(/^forpost\./, '').replace(/\.v\d+$/, '');
  return {
    kind,
    tone: 'quiet',
    text: typeof data.message === 'string' ? data.message : JSON.stringify(event.data ?? null),
  };
}

function plain(value: unknown, metric = ''): string {
  if (typeof value === 'number' || typeof value === 'string' || typeof value === 'boolean')
    return metricValue(metric, value);
  return value === undefined || value === null ? '' : JSON.stringify(value);
}
