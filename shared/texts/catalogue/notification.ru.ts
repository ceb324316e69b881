/** Russian texts of what the centre sends to people. */
import type { Wording } from '../texts.ts';

export const notificationRu = {
  over: 'Завершилась: {summary}',
  'over-now': 'Завершилась: {summary} ({now})',
  'over-after': 'Завершилась через {duration}: {summary}',
  'over-after-now': 'Завершилась через {duration}: {summary} ({now})',
  group:
    'шлюз {gateway}: ещё {count, plural, one {# изменение тревог} few {# изменения тревог} many {# изменений тревог} other {# изменения тревог}} за {time}; все они на странице. Одно из них: {worst}',
  'group-critical':
    'шлюз {gateway}: ещё {count, plural, one {# изменение тревог} few {# изменения тревог} many {# изменений тревог} other {# изменения тревог}} за {time}, из них критических: {critical, number}; все они на странице. Одно из них: {worst}',
} as const satisfies Wording<'notification'>;
