/** The texts of the list of events about a doubted time, and about events that the stream left out. */
import type { EventView } from '../../../events/schemas.ts';
import type { PageTexts } from '../texts/page-texts.ts';

/** A note beside a doubted time; undefined for a credible time. */
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

/** Most gateways that the sentence names. */
const named = 2;

/** The sentence about left-out events; '' where there are none. */
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
