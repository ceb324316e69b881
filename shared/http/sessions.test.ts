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
    ...{ clock, boot, file: where, report: (problem: string) => reports.push(problem) },
    life: () => ({ idleMs: dayMs, longestMs: 30 * dayMs }),
  });
  await sessions.start();
  return sessions;
}
const hash = () => 'hash';
/** the same machine, some time later: a FakeClock whose monotonic clock goes on */
const later = (clock: FakeClock, ms: number) => new FakeClock(clock.now() + ms, clock.uptime() + ms);

test('a log-in outlives a kill the moment it is answered, and its file holds nothing that logs anybody in', async () => {
  const clock = new FakeClock();
  const { id } = await (await started(clock)).open('ada', 'hash');
  // no stop: a kill
  const after = await started(later(clock, hourMs));
  expect(after.find(id, hash)?.user).toBe('ada');
  const text = await readFile(file, 'utf8');
  expect(text).not.toContain(id);
  expect(text).not.toContain('"hash"');
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  expect(reports).toEqual([]);
});

test('a log-out outlives a kill too, and so does another password', async () => {
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

test('what was not used for a day has ended, also while nothing ran; use moves the end on, never past 30 days', async () => {
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

test('a clock that is set logs nobody out or in while the machine runs', async () => {
  const clock = new FakeClock();
  const { id } = await (await started(clock)).open('ada', 'hash');
  const set = (ms: number) => new FakeClock(clock.now() + ms, clock.uptime() + hourMs);
  expect((await started(set(73 * 365 * dayMs))).find(id, hash)?.user).toBe('ada');
  expect((await started(set(-50 * 365 * dayMs))).find(id, hash)?.user).toBe('ada');
});

test('over a reboot the wall clock counts, and one that went back takes nothing away', async () => {
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
])('%s logs nobody in, says so, and is replaced by the next log-in', async (_what, text) => {
  await writeFile(file, text);
  const clock = new FakeClock();
  const sessions = await started(clock);
  expect(reports).toEqual([expect.stringContaining('everybody has to log in again')]);
  const { id } = await sessions.open('ada', 'hash');
  expect((await started(clock)).find(id, hash)?.user).toBe('ada');
});

test('a file that cannot be written keeps nobody out, and lets nobody back in who logged out', async () => {
  const clock = new FakeClock();
  const sessions = await started(clock, 'boot-1', join(folder, 'none', 'sessions.json'));
  const { id, session } = await sessions.open('ada', 'hash');
  expect(sessions.find(id, hash)?.user).toBe('ada');
  await sessions.end(session.key);
  expect(reports).toEqual([expect.stringContaining('cannot be written')]);
});

test('a stop ends what sessions have opened, and keeps them', async () => {
  const clock = new FakeClock();
  const sessions = await started(clock);
  const { id, session } = await sessions.open('ada', 'hash');
  await sessions.stop();
  expect(session.ended.aborted).toBe(true);
  expect((await started(clock)).find(id, hash)?.user).toBe('ada');
});

test('several on one host have cookies of their own names, the same ones after a restart', async () => {
  const clock = new FakeClock();
  const one = await started(clock);
  await one.open('ada', 'hash');
  const other = await started(clock, 'boot-1', join(folder, 'other.json'));
  expect(other.instance).not.toBe(one.instance);
  expect((await started(clock)).instance).toBe(one.instance);
});

test('a thousand log-ins are the most, twenty of one user, and the oldest goes', async () => {
  const clock = new FakeClock();
  const sessions = new Sessions({ clock, life: () => ({ idleMs: dayMs, longestMs: dayMs }) });
  const opened = await Promise.all(Array.from({ length: 1001 }, (_, i) => sessions.open(`user-${i}`, 'hash')));
  expect(opened.filter(({ id }) => sessions.find(id, hash) === undefined)).toEqual([opened[0]]);
  const own = [];
  for (let i = 0; i < 21; i++) own.push(await sessions.open('ada', 'hash'));
  expect(own.map(({ session }) => session.ended.aborted)).toEqual([true, ...Array(20).fill(false)]);
});
