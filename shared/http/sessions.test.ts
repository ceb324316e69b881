/** Log-ins that outlive a restart, on a real disk. */
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { FakeClock } from '../clock.ts';
import { Sessions } from './sessions.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
let folder: string;
let file: string;
let reports: string[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'forpost-sessions-'));
  file = join(folder, 'sessions.json');
  reports = [];
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function started(clock: FakeClock, boot = 'boot-1', where = file): Promise<Sessions> {
  const sessions = new Sessions({
    clock,
    boot,
    file: where,
    report: (problem: string) => reports.push(problem),
    life: () => ({ idleMs: dayMs, longestMs: 30 * dayMs }),
  });
  await sessions.start();
  return sessions;
}
const hash = () => 'hash';
/** the same machine, some time later: a FakeClock whose monotonic clock goes on */
const later = (clock: FakeClock, ms: number) => new FakeClock(clock.now() + ms, clock.uptime() + ms);

test('an answered log-in survives a kill, and its file does not help a thief to log in', async () => {
  const clock = new FakeClock();
  const { id } = await (await started(clock)).open('ada', 'hash');
  // no stop, as after a kill
  const after = await started(later(clock, hourMs));
  expect(after.find(id, hash)?.user).toBe('ada');
  const text = await readFile(file, 'utf8');
  expect(text).not.toContain(id);
  expect(text).not.toContain('"hash"');
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  expect(reports).toEqual([]);
});

test('a log-out and a changed password survive a kill', async () => {
  const clock = new FakeClock();
  const before = await started(clock);
  const [first, second] = [await before.open('ada', 'hash'), await before.open('bob', 'hash')];
  await before.end(first.session.key);
  expect((await started(clock)).find(first.id, hash)).toBeUndefined();
  expect((await started(clock)).find(second.id, () => 'another hash')).toBeUndefined();
  expect((await started(clock)).find(second.id, () => undefined)).toBeUndefined();
  const swept = await started(clock);
  await swept.sweep((user) => (user === 'bob' ? 'another hash' : 'hash'));
  expect((await started(clock)).find(second.id, hash)).toBeUndefined();
});

test('a session unused for a day ends, also while the process was down; use extends it, up to 30 days', async () => {
  let clock = new FakeClock();
  let sessions = await started(clock);
  const { id } = await sessions.open('ada', 'hash');
  for (let hours = 20; hours < 30 * 24; hours += 20) {
    clock = later(clock, 20 * hourMs);
    sessions = await started(clock);
    expect(sessions.find(id, hash)?.user).toBe('ada');
    await sessions.stop();
  }
  clock = later(clock, 20 * hourMs);
  expect((await started(clock)).find(id, hash), 'the longest is over').toBeUndefined();
  const next = await started(clock);
  const idle = await next.open('ada', 'hash');
  expect((await started(later(clock, dayMs - 1))).find(idle.id, hash)?.user).toBe('ada');
  expect((await started(later(clock, dayMs))).find(idle.id, hash)).toBeUndefined();
});

test('setting the clock of a running machine logs nobody out or in', async () => {
  const clock = new FakeClock();
  const { id } = await (await started(clock)).open('ada', 'hash');
  const set = (ms: number) => new FakeClock(clock.now() + ms, clock.uptime() + hourMs);
  expect((await started(set(73 * 365 * dayMs))).find(id, hash)?.user).toBe('ada');
  expect((await started(set(-50 * 365 * dayMs))).find(id, hash)?.user).toBe('ada');
});

test('over a reboot the wall clock counts, and a clock that went back shortens no session', async () => {
  const clock = new FakeClock();
  const { id } = await (await started(clock)).open('ada', 'hash');
  const rebooted = (ms: number) => started(new FakeClock(clock.now() + ms, 5_000), 'boot-2', file);
  const found = async (ms: number) => (await rebooted(ms)).find(id, hash)?.user;
  expect(await found(23 * hourMs)).toBe('ada');
  expect(await found(-50 * 365 * dayMs)).toBe('ada');
  expect(await found(25 * hourMs)).toBeUndefined();
});

test.each([
  ['an empty file', ''],
  ['half a file', '{"instance":"aaaaaaaa","saved":{"at":'],
  ['another file', '{"users":{}}'],
])('%s logs nobody in, is reported, and is replaced at the next log-in', async (_what, text) => {
  await writeFile(file, text);
  const clock = new FakeClock();
  const sessions = await started(clock);
  expect(reports).toEqual([expect.stringContaining('everybody has to log in again')]);
  const { id } = await sessions.open('ada', 'hash');
  expect((await started(clock)).find(id, hash)?.user).toBe('ada');
});

test('a file that cannot be written keeps nobody out, and brings no ended session back', async () => {
  const clock = new FakeClock();
  const sessions = await started(clock, 'boot-1', join(folder, 'none', 'sessions.json'));
  const { id, session } = await sessions.open('ada', 'hash');
  expect(sessions.find(id, hash)?.user).toBe('ada');
  await sessions.end(session.key);
  expect(reports).toEqual([expect.stringContaining('cannot be written')]);
});

test('a stop ends the streams of sessions, and keeps the sessions', async () => {
  const clock = new FakeClock();
  const sessions = await started(clock);
  const { id, session } = await sessions.open('ada', 'hash');
  await sessions.stop();
  expect(session.ended.aborted).toBe(true);
  expect((await started(clock)).find(id, hash)?.user).toBe('ada');
});

test('several gateways on one host have cookies of different names, unchanged by a restart', async () => {
  const clock = new FakeClock();
  const one = await started(clock);
  await one.open('ada', 'hash');
  const other = await started(clock, 'boot-1', join(folder, 'other.json'));
  expect(other.instance).not.toBe(one.instance);
  expect((await started(clock)).instance).toBe(one.instance);
});

test('at most a thousand sessions are open, twenty of one user, and the oldest ends', async () => {
  const clock = new FakeClock();
  const sessions = new Sessions({ clock, life: () => ({ idleMs: dayMs, longestMs: dayMs }) });
  const opened = await Promise.all(Array.from({ length: 1001 }, (_, i) => sessions.open(`user-${i}`, 'hash')));
  expect(opened.filter(({ id }) => sessions.find(id, hash) === undefined)).toEqual([opened[0]]);
  const own = [];
  for (let i = 0; i < 21; i++) own.push(await sessions.open('ada', 'hash'));
  expect(own.map(({ session }) => session.ended.aborted)).toEqual([true, ...Array(20).fill(false)]);
});
