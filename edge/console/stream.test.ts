/** The event stream of the gateway's page. */
import { expect, test, vi } from 'vitest';
import { consoleServersForEachTest, reader, start, yard } from './testing/server.ts';
import { activeAlarm, gatewayStatus } from './testing/source.ts';

consoleServersForEachTest();

test('the stream starts with the current status, and sends it again only when it changes', async () => {
  const { get, source } = await start();
  const next = reader(await get('/api/v1/stream'));
  expect(await next('status')).toMatchObject({ problems: [], summary: { level: 'well' } });
  // two seconds later nothing has been sent: the next status is the changed one
  const polls = source.polls;
  await vi.waitFor(() => expect(source.polls).toBeGreaterThan(polls + 1), { timeout: 5000 });
  source.current = { ...source.current, problems: ['the disk is full'] };
  expect(await next('status')).toMatchObject({ problems: ['the disk is full'] });
});

test('the stream sends a tick every few seconds, even while nothing happens', async () => {
  const { get } = await start();
  const next = reader(await get('/api/v1/stream'));
  await next('status');
  expect(Date.parse(((await next('tick')) as { at: string }).at)).toBeGreaterThan(0);
  const gaps: number[] = [];
  // one of three must be in time: the machine may be busy
  while (gaps.length < 3 && !gaps.some((ms) => ms < 8_000)) {
    const before = performance.now();
    await next('tick');
    gaps.push(performance.now() - before);
  }
  expect(Math.min(...gaps)).toBeLessThan(8_000);
});

test('the stream sends an alert at once, and the changed summary with it', async () => {
  const { get, source } = await start();
  const next = reader(await get('/api/v1/stream'));
  expect(await next('status')).toMatchObject({ summary: { level: 'well' } });
  const tookMs: number[] = [];
  // one of three must be in time: the machine may be busy
  for (const alarm of ['1', '2', '3']) {
    const started = performance.now();
    source.raise(activeAlarm(alarm));
    expect(await next('alert')).toMatchObject({ data: { alarm, change: 'raised' } });
    expect(await next('status')).toMatchObject({ summary: { level: 'alarm' } });
    tookMs.push(performance.now() - started);
  }
  expect(Math.min(...tookMs)).toBeLessThan(900);
});

test('the stream sends scenes of watched cameras only, and keeps their pictures fresh', async () => {
  const { get, source } = await start();
  source.current = gatewayStatus({ cameras: [yard, { ...yard, id: 'gate' }] });
  const answer = await get('/api/v1/stream?watch=yard,nowhere');
  await vi.waitFor(() => expect(source.sceneListeners.size).toBe(1), { timeout: 10_000 });
  const scene = { time: '2026-06-01T12:00:00.000Z', tracks: [], changes: [] };
  source.see({ ...scene, camera: 'gate' });
  source.see({ ...scene, camera: 'yard' });
  expect(await reader(answer)('scene')).toMatchObject({ camera: 'yard' });
  expect(new Set(source.watched)).toEqual(new Set(['yard']));
});

test('the stream removes its listeners once the last page is closed', async () => {
  const { get, source } = await start();
  const abort = new AbortController();
  await get('/api/v1/stream?watch=yard', { signal: abort.signal });
  await vi.waitFor(() => expect(source.alertListeners.size + source.sceneListeners.size).toBe(2), { timeout: 10_000 });
  abort.abort();
  await vi.waitFor(() => expect(source.alertListeners.size + source.sceneListeners.size).toBe(0), { timeout: 10_000 });
});

test('the stream ends when its session ends', async () => {
  const { get, post } = await start();
  const answer = await get('/api/v1/stream');
  await post('/api/v1/logout', {});
  await answer.text();
  expect((await get('/api/v1/stream')).status).toBe(401);
});
