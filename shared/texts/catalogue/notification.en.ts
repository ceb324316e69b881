/** English texts of what the centre sends to people. See ../texts.ts for the rules of a key. */
export const notificationEn = {
  over: 'Over: {summary}',
  'over-now': 'Over: {summary} ({now})',
  'over-after': 'Over after {duration}: {summary}',
  'over-after-now': 'Over after {duration}: {summary} ({now})',
  group:
    'gateway {gateway}: {count, plural, one {one more change of an alarm} other {# more changes of alarms}} within {time}; the page lists them. One of them: {worst}',
  'group-critical':
    'gateway {gateway}: {count, plural, one {one more change of an alarm} other {# more changes of alarms}} within {time}, {critical, number} of them critical; the page lists them. One of them: {worst}',
} as const;
