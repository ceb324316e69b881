import { catalogue } from '@forpost/shared/texts/catalogue/all.ts';
import { texts } from '@forpost/shared/texts/texts.ts';
import { expect, test } from 'vitest';
import { type CentreParts, centreView } from './condition.ts';

const parts = (change: Partial<CentreParts> = {}): CentreParts => ({
  startedAt: Date.UTC(2026, 0, 1),
  now: Date.UTC(2026, 0, 2),
  kafkaAnsweredAt: Date.UTC(2026, 0, 2),
  consumers: [
    { state: 'consuming', reason: '' },
    { state: 'consuming', reason: '' },
  ],
  stored: 5,
  repeated: 2,
  unread: 0,
  poison: { count: 0, recent: [], earlier: [], conflict: undefined },
  topics: [],
  trouble: undefined,
  notifier: { connected: true, reason: '', notifications: 0, channels: [] },
  ...change,
});
const channel = (change: object) => ({
  channel: 'desk',
  sent: 4,
  failed: 0,
  retries: 0,
  queue: 0,
  lastError: '',
  ...change,
});

test('a healthy centre reports no problem', () => {
  expect(centreView(parts())).toMatchObject({
    started: '2026-01-01T00:00:00.000Z',
    problems: [],
    ingest: { connected: true, stored: 5, repeated: 2 },
  });
});

test('when Kafka cannot be reached, the page says so once, however many parts need it', () => {
  const reason = 'connect ECONNREFUSED 127.0.0.1:9092';
  const away = { state: 'connecting', reason } as const;
  const notifier = { connected: false, reason, notifications: 0, channels: [] };
  const view = centreView(parts({ consumers: [away, away], notifier }));
  expect(view.problems).toEqual([`Kafka: ${reason}`]);
  expect(view.ingest).toMatchObject({ connected: false, reasons: [`Kafka: ${reason}`] });
  const starting = { state: 'connecting', reason: '' } as const;
  expect(centreView(parts({ consumers: [starting, starting] })).problems).toEqual(['Kafka: connecting']);
});

test('when the history cannot be written, the page says so, and that no event is lost by it', () => {
  const view = centreView(parts({ trouble: { since: 0, reason: 'its disk is full' } }));
  const problem =
    'nothing has been stored since 1970-01-01T00:00:00.000Z: its disk is full. No event is lost: new events wait';
  expect(view.problems).toEqual([problem]);
  expect(view.ingest.reasons).toEqual([problem]);
});

test('when the dead-letter topic cannot be written, the page says so, and that events wait for it', () => {
  const { problems } = centreView(parts({ trouble: { since: 0, reason: 'Kafka: no access', deadLetters: true } }));
  expect(problems).toEqual([
    'since 1970-01-01T00:00:00.000Z events wait behind a record that nobody can read, because it cannot be written to ' +
      'the dead letters: Kafka: no access. No event is lost: new events wait',
  ]);
});

test('the page shows how many records could not be processed, with the latest reason', () => {
  const latest = { at: 1_000, topic: 'forpost.telemetry', partition: 1, offset: '7', key: 'gw-1', reason: 'not JSON' };
  const view = centreView(parts({ poison: { count: 3, recent: [latest], earlier: [], conflict: undefined } }));
  expect(view.problems).toEqual(['3 records could not be processed since the centre started; the latest: not JSON']);
  expect(view.dead_letters.recent).toEqual([
    {
      at: '1970-01-01T00:00:01.000Z',
      topic: 'forpost.telemetry',
      partition: 1,
      offset: '7',
      gateway: 'gw-1',
      reason: 'not JSON',
    },
  ]);
});

test('the page names a reused id once and separately, also when it arrived before this start', () => {
  const seen = { at: 1_000, topic: 'forpost.telemetry', partition: 1, offset: '7', key: 'gw-1', reason: 'gw-1/e/7: …' };
  const other = { ...seen, at: 900, offset: '6', reason: 'not JSON' };
  const poison = { count: 0, recent: [seen, other], earlier: [seen, other], conflict: seen };
  expect(centreView(parts({ poison })).problems).toEqual([
    'two gateways may run as "gw-1", or one on a copied disk: on 1970-01-01T00:00:01.000Z gw-1/e/7: …. ' +
      'The first content stands, the other is in the dead letters',
    'before this start, on 1970-01-01T00:00:00.900Z, a record could not be processed: not JSON',
  ]);
  const alone = { count: 1, recent: [seen], earlier: [], conflict: { ...seen, topic: 'receiver' } };
  expect(centreView(parts({ poison: alone })).problems).toEqual([expect.stringMatching(/the other was not kept$/)]);
});

test('a centre that is far behind says so, and that is no problem', () => {
  expect(centreView(parts({ unread: 9_999 })).notes).toEqual([]);
  const view = centreView(parts({ unread: 1_200_000 }));
  expect(view.notes).toEqual(['catching up: 1,200,000 records in Kafka are not stored yet']);
  expect(view.problems).toEqual([]);
});

test('the page names a channel that fails, until it works again', () => {
  const channels = [
    channel({ queue: 2, lastError: 'webhook desk (http://desk) says HTTP 500' }),
    channel({ channel: 'phone', failed: 1 }),
    channel({ channel: 'mail', retries: 9 }),
  ];
  const notifier = { connected: true, reason: '', notifications: 0, channels };
  expect(centreView(parts({ notifier })).problems).toEqual([
    'webhook desk (http://desk) says HTTP 500; 2 waiting for it',
    '1 notification was given up by channel phone',
  ]);
});

test('the centre’s answers count as current only while Kafka answers and the history can be written', () => {
  const now = Date.UTC(2026, 0, 2);
  const silent = { state: 'connecting', reason: 'it does not answer' } as const;
  const consumers = [silent, { state: 'consuming', reason: '' } as const];
  const at = (kafkaAnsweredAt: number | undefined) => centreView(parts({ consumers, now, kafkaAnsweredAt }));
  expect(centreView(parts())).toMatchObject({ current: true, why_old: '' });
  // a Kafka that is slow for some seconds makes no data old
  expect(at(now - 7_000).current).toBe(true);
  expect(at(now - 9_000)).toMatchObject({
    current: false,
    as_of: '2026-01-01T23:59:51.000Z',
    why_old: 'Kafka does not answer the centre',
  });
  expect(at(undefined)).toMatchObject({ current: false, as_of: null });
  const trouble = { since: now - 60_000, reason: 'its disk is full' };
  expect(centreView(parts({ now, kafkaAnsweredAt: now, trouble }))).toMatchObject({
    current: false,
    as_of: '2026-01-01T23:59:00.000Z',
    why_old: 'the history of the centre stores nothing now',
  });
});

test('each problem and note of the centre is a message too, which a page says in its own language', () => {
  const view = centreView(
    parts({
      unread: 21_000,
      topics: ['a topic keeps too little'],
      trouble: { since: 0, reason: 'disk full' },
      notifier: { connected: true, reason: '', notifications: 0, channels: [channel({ failed: 3 })] },
    }),
  );
  const { say } = texts('ru', catalogue.ru);
  expect(view.problems_i18n?.map((one) => say(one, ''))).toEqual([
    'с 1970-01-01T00:00:00.000Z ничего не сохраняется: disk full. События не теряются: новые ждут в очереди',
    'a topic keeps too little',
    'канал desk не доставил 3 уведомления',
  ]);
  expect(view.problems).toHaveLength(3);
  expect(view.notes_i18n?.map((one) => say(one, ''))).toEqual([
    'центр догоняет очередь: в Kafka ещё 21\u00a0000 несохранённых записей',
  ]);
  expect(say(view.why_old_i18n, '')).toBe('история центра не принимает события');
});
