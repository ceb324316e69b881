/**
 * The outbox on a disk that returns other bytes than were written. The files are in memory if the system has such a
 * folder: hundreds of starts, each of which syncs.
 */
import {
  copyFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Random } from '../../../../../test/faults/simulation/random.ts';
import {
  afterDamage,
  copyRescued,
  type DamageOutcome,
  flipBit,
  makeTemplate,
  type Template,
} from '../../testing/bit-rot.ts';

const modes = ['killed', 'killed later', 'stopped'] as const;
let folder: string;
let templates: ReadonlyMap<string, Template>;

beforeAll(async () => {
  folder = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'forpost-rot-'));
  const made = new Map<string, Template>();
  for (const mode of modes) made.set(mode, await makeTemplate(folder, mode));
  templates = made;
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

function after(mode: (typeof modes)[number], change: (file: string) => void): DamageOutcome {
  const template = templates.get(mode)!;
  return afterDamage(template, join(folder, 'work'), (work) => change(join(work, 'outbox.db')));
}

const unharmed = { altered: [], lost: [] };

test.each(Array.from({ length: 100 }, (_, n) => n + 1))(
  'after a flipped bit in the database or its log every event is unchanged or named as lost: seed %i',
  (seed) => {
    const random = new Random(seed);
    const mode = modes[seed % modes.length]!;
    const suffix = mode === 'stopped' || random.chance(0.4) ? '' : '-wal';
    const heard = after(mode, (file) => {
      flipBit(file + suffix, random.next(), random.int(0, 7));
      if (random.chance(0.5)) rmSync(`${file}-shm`, { force: true });
    });
    expect(heard).toMatchObject(unharmed);
  },
);

test('a flipped bit of the log, in its header, a page or its end, is repaired, and the frames after it are kept', () => {
  const random = new Random(7);
  const size = statSync(join(folder, 'killed', 'outbox.db-wal')).size;
  const places = [0, 9, 17, 30, 33, 45, 50, 60, size - 5, size - 4000];
  const all = [...places, ...Array.from({ length: 20 }, () => random.int(0, size - 1))].map((place) => {
    const heard = after('killed', (file) => flipBit(`${file}-wal`, (place + 0.5) / size, random.int(0, 7)));
    expect([place, heard]).toMatchObject([place, unharmed]);
    expect([place, heard.said.join()]).toEqual([place, expect.stringMatching(/^$|flipped bit|is damaged|altered/)]);
    return heard;
  });
  // some bits cannot be identified: then gap records name the altered rows of their page
  expect(all.filter(({ named }) => named === 0).length).toBeGreaterThan(24);
  expect(all.filter(({ said }) => said.join().includes('put right')).length).toBeGreaterThan(20);
});

test('for an undamaged file no loss is named and no problem reported', () => {
  for (const mode of modes) expect(after(mode, () => undefined)).toEqual({ ...unharmed, named: 0, said: [] });
});

test('whichever page of the database is lost, every event on the other pages is rescued with its own number', () => {
  const { events } = templates.get('stopped')!;
  const pages = statSync(join(folder, 'stopped', 'outbox.db')).size / 4096;
  for (let page = 0; page < pages; page++) {
    const heard = after('stopped', (file) => {
      const content = readFileSync(file);
      writeFileSync(file, content.fill(0xa5, page * 4096, (page + 1) * 4096));
    });
    expect([page, heard]).toMatchObject([page, unharmed]);
    // a page has some twenty readings; an alert may span several pages
    expect([page, heard.named < 40, heard.named < events.size / 4]).toEqual([page, true, true]);
  }
});

test('if the log breaks off in the middle, the frames after that are saved; if it is missing, gap records name its events', () => {
  const broken = after('killed', (file) => {
    const log = readFileSync(`${file}-wal`);
    writeFileSync(`${file}-wal`, log.fill(0, Math.floor(log.length / 2), Math.floor(log.length / 2) + 512));
  });
  expect(broken).toMatchObject(unharmed);
  expect(broken.named).toBeLessThan(40);
  expect(broken.said).toEqual([expect.stringMatching(/^frame \d+ of its log is damaged/)]);
  for (const harm of [
    (log: string) => rmSync(log),
    (log: string) => truncateSync(log, 0),
    (log: string) => truncateSync(log, Math.floor(statSync(log).size / 3)),
  ]) {
    const heard = after('killed later', (file) => harm(`${file}-wal`));
    expect(heard).toMatchObject(unharmed);
    expect(heard.said).toEqual([expect.stringMatching(/older or shorter than what had been stored|damaged|malformed/)]);
  }
});

test.each([
  ['empty', (file: string) => truncateSync(file, 0)],
  ['shorter', (file: string) => truncateSync(file, 60_000)],
  ['cut within a page', (file: string) => truncateSync(file, 70_001)],
  ['gone', (file: string) => rmSync(file)],
  ['of zeros', (file: string) => writeFileSync(file, Buffer.alloc(statSync(file).size))],
  ['no database', (file: string) => writeFileSync(file, 'this is no database, it is a poem')],
])('a file that is %s is reported as damaged, and gap records name its events', (_, change) => {
  const heard = after('stopped', change);
  expect(heard).toMatchObject(unharmed);
  expect(heard.said).toEqual([expect.any(String)]);
  expect(heard.named).toBeGreaterThan(10);
});

test('an older copy of the file is recognised, and gap records name exactly the events that it lacks', () => {
  // the file of the first epoch, with the list beside it of the second
  const { older, epochs, events } = templates.get('stopped')!;
  const heard = after('stopped', (file) => copyFileSync(older, file));
  expect(heard).toMatchObject(unharmed);
  expect(heard.said).toEqual([expect.stringContaining('it is older or shorter than what had been stored')]);
  const lacking = [...events.values()].filter(({ epoch }) => epoch === epochs[1]);
  expect(heard.named).toBe(lacking.filter(({ lane, sequence }) => lane === 'alerts' || sequence > 9).length);
});

test('after a kill at any step of a rescue the next start continues the rescue', () => {
  const damaged = (file: string) => {
    const content = readFileSync(file);
    writeFileSync(file, content.fill(0xa5, 100, 4096));
  };
  const whole = after('stopped', damaged);
  expect(whole).toMatchObject({ ...unharmed, named: 0 });
  const rescued = join(folder, 'rescued.db');
  // the rescued file of the first start, before its new epoch
  after('stopped', (file) => {
    damaged(file);
    copyRescued(file, rescued);
  });
  const states: Record<string, (file: string) => void> = {
    'half of the new file is written': (file) =>
      writeFileSync(`${file}.rescuing`, readFileSync(rescued).subarray(0, 9000)),
    'the new file is whole': (file) => copyFileSync(rescued, `${file}.rescued`),
    'the damaged file is put aside, its log is not': (file) => {
      copyFileSync(rescued, `${file}.rescued`);
      renameSync(file, `${file}.damaged-1`);
      writeFileSync(`${file}-wal`, readFileSync(join(folder, 'killed', 'outbox.db-wal')));
    },
    'nothing but the last name is missing': (file) => {
      copyFileSync(rescued, `${file}.rescued`);
      renameSync(file, `${file}.damaged-1`);
    },
  };
  for (const [state, make] of Object.entries(states)) {
    const heard = after('stopped', (file) => {
      damaged(file);
      make(file);
    });
    expect([state, heard]).toMatchObject([state, { ...unharmed, named: 0 }]);
    const left = readdirSync(join(folder, 'work')).filter((name) => /rescu/.test(name));
    expect([state, left]).toEqual([state, []]);
  }
});
