/** What the list of events says of a time that is not believed, and of events that the stream left out. */
import type { EventView } from '../../../events/schemas.ts';
import type { PageTexts } from '../texts/page-texts.ts';

/** A few words beside the time; undefined where its own time is believed. */
export function doubtWords(
  { t }: PageTexts,
  { doubted, time }: Pick<EventView, 'doubted' | 'time'>,
): string | undefined {
  if (doubted === undefined) return undefined;
  const year = /^([+-]?\d{4,6})-/.exec(time)?.[1] ?? t('centre-page/events.no-time');
  return doubted === 'future'
    ? t('centre-page/events.doubt-future', { year })
    : t('centre-page/events.doubt-past', { year });
}

/** Named one by one. */
const named = 2;

/** '' where none were left out. */
export function leftOutWords(
  { t }: PageTexts,
  leftOut: Readonly<Record<string, number>>,
  nameOf: (gateway: string) => string,
): string {
  const most = Object.entries(leftOut).sort(([, a], [, b]) => b - a);
  if (most.length === 0) return '';
  const words = most
    .slice(0, named)
    .map(([gateway, count]) => t('centre-page/events.left-out-of', { count, gateway: nameOf(gateway) }));
  const others = most.slice(named).reduce((sum, [, events]) => sum + events, 0);
  if (others > 0) words.push(t('centre-page/events.left-out-others', { count: others }));
  return t('centre-page/events.left-out', { list: words.join(', ') });
}
