/** Summarises an event in one line. Pure; an event of another version is summarised as far as possible. */
import { classMessage } from '@forpost/shared/texts/class-names.ts';
import { messageIn } from '@forpost/shared/texts/message.ts';
import type { EventView } from '../../../events/schemas.ts';
import type { Tone } from '../parts/mark.tsx';
import { table } from '../parts/table.ts';
import { type PageTexts, wordOf } from '../texts/page-texts.ts';

export interface EventWords {
  readonly kind: string;
  readonly tone: Tone;
  readonly text: string;
}

type Fields = Readonly<Record<string, unknown>>;

const longestText = 240;

export function eventWords(texts: PageTexts, event: EventView): EventWords {
  const data: Fields = typeof event.data === 'object' && event.data !== null ? (event.data as Fields) : {};
  const words = byType[event.type] ?? other;
  const summary = words(texts, data, event);
  return {
    ...summary,
    text: summary.text.length > longestText ? `${summary.text.slice(0, longestText)}…` : summary.text,
  };
}

const byType = table<(texts: PageTexts, data: Fields, event: EventView) => EventWords>({
  'forpost.reading.v1': reading,
  'forpost.alert.v1': alert,
  'forpost.vision.observation.v1': observation,
  'forpost.vision.count.v1': visionCount,
  'forpost.gap.v1': gap,
  'forpost.clock.v1': clock,
  'forpost.command.result.v1': commandResult,
  'forpost.gateway.v1': (texts, data, event) => ({
    ...other(texts, data, event),
    kind: texts.t('centre-page/kind.gateway'),
  }),
  'forpost.device.v1': (texts, data, event) => ({
    ...other(texts, data, event),
    kind: texts.t('centre-page/kind.device'),
  }),
  'forpost.state.v1': (texts, data, event) => ({
    ...other(texts, data, event),
    kind: texts.t('centre-page/kind.state'),
  }),
});

/** The event types for the list's filter. */
export function typeChoices({ t }: PageTexts): { value: string; label: string }[] {
  return [
    { value: 'forpost.reading.v1', label: t('centre-page/types.readings') },
    { value: 'forpost.alert.v1', label: t('centre-page/types.alerts') },
    { value: 'forpost.vision.observation.v1', label: t('centre-page/types.observations') },
    { value: 'forpost.vision.count.v1', label: t('centre-page/types.counts') },
    { value: 'forpost.gap.v1', label: t('centre-page/types.gaps') },
    { value: 'forpost.command.result.v1', label: t('centre-page/types.commands') },
    { value: 'forpost.gateway.v1', label: t('centre-page/types.gateway') },
    { value: 'forpost.device.v1', label: t('centre-page/types.device') },
    { value: 'forpost.clock.v1', label: t('centre-page/types.clock') },
  ];
}

const qualities = table({
  estimated: 'centre-page/quality.estimated',
  stale: 'centre-page/quality.stale',
  implausible: 'centre-page/quality.implausible',
  bad: 'centre-page/quality.bad',
});

function reading(texts: PageTexts, data: Fields): EventWords {
  const { t } = texts;
  const values = typeof data.values === 'object' && data.values !== null ? Object.entries(data.values) : [];
  let text = values.map(([metric, value]) => `${texts.metricName(metric)} ${plain(texts, value, metric)}`).join(' · ');
  if (typeof data.channel === 'string') text = t('centre-page/said.of-channel', { channel: data.channel, words: text });
  if (typeof data.quality === 'string')
    text = t('centre-page/said.with-quality', { words: text, quality: wordOf(texts, qualities, data.quality) });
  return { kind: t('centre-page/kind.reading'), tone: 'quiet', text };
}

const changes = table({
  raised: 'centre-page/change.raised',
  updated: 'centre-page/change.updated',
  cleared: 'centre-page/change.cleared',
  acknowledged: 'centre-page/change.acknowledged',
  changed: 'centre-page/change.changed',
});

function alert(texts: PageTexts, data: Fields): EventWords {
  const { t, say } = texts;
  const kind = t('centre-page/kind.alert');
  const severity = typeof data.severity === 'string' ? data.severity : 'warning';
  const over = data.change === 'cleared';
  const tone: Tone = over ? 'good' : severity === 'critical' || severity === 'info' ? severity : 'warning';
  const message = typeof data.message === 'string' ? say(messageIn(data.message_i18n), data.message) : '';
  // the message of an ended alarm says only the present state
  const about =
    data.active === false && typeof data.summary === 'string'
      ? say(messageIn(data.summary_i18n), data.summary)
      : message;
  if (data.change === 'acknowledged' && typeof data.acknowledged_by === 'string')
    return { kind, tone, text: t('centre-page/said.acknowledged-by', { user: data.acknowledged_by, about }) };
  const change = wordOf(texts, changes, typeof data.change === 'string' ? data.change : 'changed');
  const text =
    over && about !== message
      ? t('centre-page/said.alert-now', { change, about, now: message })
      : t('centre-page/said.alert', { change, about });
  return { kind, tone, text };
}

function observation(texts: PageTexts, data: Fields): EventWords {
  const words = observationWords(texts, data);
  const text =
    typeof data.score === 'number'
      ? texts.t('centre-page/said.with-score', { words, score: texts.share(data.score) })
      : words;
  return { kind: texts.t('centre-page/kind.camera'), tone: 'info', text };
}

function observationWords(texts: PageTexts, { class: found, change, zone, line, to }: Fields): string {
  const { t } = texts;
  const what = { class: classWord(texts, found) };
  if (typeof zone === 'string')
    switch (change) {
      case 'entered':
        return t('centre-page/said.entered', { ...what, zone });
      case 'left':
        return t('centre-page/said.left', { ...what, zone });
      case 'parked':
        return t('centre-page/said.parked', { ...what, zone });
      case 'moved':
        return t('centre-page/said.moved', { ...what, zone });
    }
  if (change === 'crossed' && typeof line === 'string' && typeof to === 'string')
    return t('centre-page/said.crossed', { ...what, line, side: wordOf(texts, sides, to) });
  return t('centre-page/said.observed', { ...what, change: plain(texts, change), place: plain(texts, zone ?? line) });
}

/** The name of a side of a line. */
const sides = table({
  left: 'centre-page/side.left',
  right: 'centre-page/side.right',
  up: 'centre-page/side.up',
  down: 'centre-page/side.down',
});

function visionCount(texts: PageTexts, data: Fields): EventWords {
  const { t } = texts;
  const parts: string[] = [];
  if (typeof data.line === 'string') {
    const crossed = typeof data.crossed === 'object' && data.crossed !== null ? Object.entries(data.crossed) : [];
    for (const [to, count] of crossed)
      if (typeof count === 'number')
        parts.push(t('centre-page/said.crossed-count', { count, side: wordOf(texts, sides, to) }));
  } else {
    const { entered, left, now } = data;
    if (typeof entered === 'number') parts.push(t('centre-page/said.entered-count', { count: entered }));
    if (typeof left === 'number') parts.push(t('centre-page/said.left-count', { count: left }));
    if (typeof now === 'number') parts.push(t('centre-page/said.now-count', { count: now }));
  }
  const values = {
    place: plain(texts, data.line ?? data.zone),
    class: classWord(texts, data.class),
    parts: parts.join(', '),
  };
  const text =
    typeof data.seconds === 'number'
      ? t('centre-page/said.count-in', { ...values, time: texts.duration(data.seconds * 1000) })
      : t('centre-page/said.count', values);
  return { kind: t('centre-page/kind.count'), tone: 'quiet', text };
}

function gap(texts: PageTexts, data: Fields): EventWords {
  const { t } = texts;
  const reason = texts.say(messageIn(data.reason_i18n), plain(texts, data.reason));
  const text = t('centre-page/said.gap', { lane: plain(texts, data.lane), events: gapEvents(texts, data), reason });
  return { kind: t('centre-page/kind.gap'), tone: 'warning', text };
}

/** The events that a gap record stands for, in words. */
function gapEvents(texts: PageTexts, { from, to, count }: Fields): string {
  const { t } = texts;
  const events = typeof count === 'number' ? t('centre-page/count.events', { count }) : t('centre-page/said.gap-some');
  if (to === null) return t('centre-page/said.gap-unknown', { from: plain(texts, from) });
  if (to === '0') return t('centre-page/said.gap-numberless', { events });
  if (typeof from !== 'string' || typeof to !== 'string') return events;
  const numbers = { from: texts.count(Number(from)), to: texts.count(Number(to)) };
  return t('centre-page/said.gap-range', { ...numbers, events });
}

function clock({ t }: PageTexts, { source }: Fields): EventWords {
  const text =
    typeof source === 'string' ? t('centre-page/said.clock-set-by', { source }) : t('centre-page/said.clock-set');
  return { kind: t('centre-page/kind.clock'), tone: 'quiet', text };
}

const outcomes = table({
  applied: 'centre-page/outcome.applied',
  refused: 'centre-page/outcome.refused',
  failed: 'centre-page/outcome.failed',
  expired: 'centre-page/outcome.expired',
});

function commandResult(texts: PageTexts, data: Fields): EventWords {
  const text = texts.t('centre-page/said.command', {
    kind: plain(texts, data.kind),
    author: plain(texts, data.author),
    outcome: wordOf(texts, outcomes, plain(texts, data.outcome)),
    message: texts.say(messageIn(data.message_i18n), plain(texts, data.message)),
  });
  return { kind: texts.t('centre-page/kind.command'), tone: data.outcome === 'applied' ? 'good' : 'warning', text };
}

function other({ say }: PageTexts, data: Fields, event: EventView): EventWords {
  const kind = event.type.replace(/^forpost\./, '').replace(/\.v\d+$/, '');
  const text =
    typeof data.message === 'string'
      ? say(messageIn(data.message_i18n), data.message)
      : JSON.stringify(event.data ?? null);
  return { kind, tone: 'quiet', text };
}

/** The class that a model recognised, in the page's language where the catalogue has a word for it. */
function classWord(texts: PageTexts, name: unknown): string {
  const words = plain(texts, name);
  return texts.say(classMessage(words), words);
}

function plain({ metricValue }: PageTexts, value: unknown, metric = ''): string {
  if (typeof value === 'number' || typeof value === 'string' || typeof value === 'boolean')
    return metricValue(metric, value);
  return value === undefined || value === null ? '' : JSON.stringify(value);
}
