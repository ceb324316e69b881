/**
 * For tests: flips one bit in the files of a killed or stopped outbox, and compares the events that the next start
 * delivers with the committed ones. The real writer and the real reader, without their threads.
 */
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '@forpost/shared/clock.ts';
import type { StoredEvent } from '@forpost/shared/event/codec.ts';
import { eventTypes, type GapData } from '@forpost/shared/event/event.ts';
import Database from 'better-sqlite3';
import { InHand } from '../../in-hand.ts';
import { DamagedRange } from '../event-rows.ts';
import type { FromWriter, WriterData } from '../messages.ts';
import { openReader } from '../reader/sqlite-reader.ts';
import { FileWriter } from '../writer/file-writer.ts';
import { rescue } from '../writer/repair/rescue.ts';
import { FileDisk } from '../writer/writer-disk.ts';
import { draft, newEpoch, outboxIn, sink } from './test-support.ts';

export interface Template {
  readonly name: string;
  readonly folder: string;
  /** every event that was committed, by name */
  readonly events: ReadonlyMap<string, StoredEvent>;
  /** the epochs of the two lives of the outbox */
  readonly epochs: readonly string[];
  /** the database as the first life left it */
  readonly older: string;
}

/** delivered events at the start of each epoch's telemetry */
const alreadyDelivered = 9;
const long = JSON.stringify({ text: 'x'.repeat(3000) });

/** Two epochs, each with undelivered events; `mode`: how the second ended, and whether its log was checkpointed. */
export async function makeTemplate(folder: string, mode: 'killed' | 'killed later' | 'stopped'): Promise<Template> {
  const work = join(folder, `${mode}-work`);
  mkdirSync(work);
  const older = join(folder, `${mode}-older.db`);
  const epochs: string[] = [];
  for (let life = 0; life < 2; life++) {
    const outbox = outboxIn(work);
    await outbox.start();
    for (let n = 0; n < 60; n++) {
      const reading = (k: number) => draft(1000 * life + 3 * n + k, { resendId: `r-${life}-${3 * n + k}` });
      await outbox.append({ events: [reading(0), reading(1), reading(2)] });
      if (n % 12 === 5)
        await outbox.append({ events: [draft(n, { lane: 'alerts', data: n === 5 ? long : `{"n":${n}}` })] });
      if (n === 10) outbox.acknowledge(sink, outbox.epoch, 'telemetry', alreadyDelivered);
      if (n === 40 && mode !== 'killed') checkpoint(outbox.file);
    }
    // as kill -9 leaves the files: every commit is reported, no file is closed
    if (life === 1 && mode !== 'stopped') copyFolder(work, join(folder, mode));
    epochs.push(outbox.epoch);
    await outbox.stop();
    if (life === 0) cpSync(outbox.file, older);
  }
  if (mode === 'stopped') copyFolder(work, join(folder, mode));
  const events = new Map<string, StoredEvent>();
  const db = new Database(join(work, 'outbox.db'), { readonly: true });
  const all = db.prepare<[], StoredEvent>(
    'select epoch, lane, seq as sequence, type, device, time, received, clock, boot, uptime, data from events',
  );
  for (const event of all.iterate()) events.set(`${event.epoch}/${event.lane}/${event.sequence}`, event);
  db.close();
  return { name: mode, folder: join(folder, mode), events, epochs, older };
}

function checkpoint(file: string): void {
  const db = new Database(file);
  db.pragma('wal_checkpoint(PASSIVE)');
  db.close();
}

function copyFolder(from: string, to: string): void {
  rmSync(to, { recursive: true, force: true });
  cpSync(from, to, { recursive: true });
}

export interface DamageOutcome {
  /** committed events that were delivered with another content */
  readonly altered: readonly string[];
  /** committed events that were not delivered and that no gap record names */
  readonly lost: readonly string[];
  /** events that a gap record names, and that were not delivered */
  readonly named: number;
  /** problems that the page showed */
  readonly said: readonly string[];
}

/** Copies the template to `work`, calls `change`, starts writers there, and delivers every waiting event. */
export function afterDamage(template: Template, work: string, change: (folder: string) => void): DamageOutcome {
  copyFolder(template.folder, work);
  change(work);
  const said: string[] = [];
  const delivered: StoredEvent[] = [];
  let damage: string | null = null;
  for (let life = 0; life < 5; life++) {
    const ended = deliver(work, damage, delivered, said);
    if (ended === null) break;
    damage = ended;
  }
  return compare(template, delivered, said);
}

/** Delivers the events of one writer until none waits, and returns null; or returns why the writer ended. */
function deliver(folder: string, damage: string | null, delivered: StoredEvent[], said: string[]): string | null {
  const file = join(folder, 'outbox.db');
  let last: FromWriter | undefined;
  let ended: string | null = null;
  const writer = new FileWriter(
    writerData(file, damage),
    new FileDisk(file, 0, `t${said.length}`),
    systemClock,
    (message) => {
      last = message;
      if (message.kind === 'damaged') ended = message.message;
      if (message.kind === 'ready' && message.putAside !== null) said.push(message.putAside.reason);
      if (message.kind === 'ready' && message.found !== null) said.push(message.found);
      if (message.kind === 'mended') said.push('mended');
    },
  );
  if (!writer.open()) throw new Error(`it does not start: ${JSON.stringify(last)}`);
  const reader = openReader(file);
  try {
    for (let again = 0; ended === null && again < 50; again++) {
      const place = readAll(reader, delivered);
      if (place === undefined) break;
      if (!writer.handle({ kind: 'check', place }) && ended === null)
        throw new Error('the writer ended without a word');
    }
    return ended;
  } finally {
    reader.close();
    if (ended === null) writer.handle({ kind: 'stop' });
  }
}

/** Reads every waiting event; returns the place of the damage that stops it. */
function readAll(reader: ReturnType<typeof openReader>, delivered: StoredEvent[]): DamagedRange['place'] | undefined {
  let found: DamagedRange['place'] | undefined;
  for (const { epoch, lane, acknowledged } of reader.backlog(sink))
    try {
      for (let after = acknowledged; ; ) {
        const events = reader.read(epoch, lane, after, 50, 1e6);
        delivered.push(...events);
        const end = events.at(-1)?.sequence;
        if (end === undefined) break;
        after = end;
      }
    } catch (error) {
      if (!(error instanceof DamagedRange)) throw error;
      found ??= error.place;
    }
  return found;
}

function writerData(file: string, damage: string | null): WriterData {
  const limits = {
    maxBytes: 2 ** 30,
    keepDeliveredMs: 7 * 86_400_000,
    minFreeBytes: 0,
    ballastBytes: 0,
    shedAfterMs: 0,
  };
  const stampNow = { received: 1, uptime: 1, clock: 'synced', boot: 'boot-1' } as const;
  const inHand = InHand.for(1).buffer;
  return {
    file,
    sinks: [sink],
    limits,
    epoch: newEpoch(),
    stamp: `s${Math.random()}`,
    damage,
    putAside: null,
    stampNow,
    inHand,
    recall: true,
  };
}

function compare({ events }: Template, delivered: readonly StoredEvent[], said: readonly string[]): DamageOutcome {
  const altered: string[] = [];
  const came = new Set<string>();
  const gaps: GapData[] = [];
  for (const event of delivered) {
    const name = `${event.epoch}/${event.lane}/${event.sequence}`;
    if (event.type === eventTypes.gap) gaps.push(JSON.parse(event.data) as GapData);
    const written = events.get(name);
    if (written === undefined) {
      // a delivered and deleted event may come once more, under its number
      if (event.type !== eventTypes.gap && event.sequence > alreadyDelivered) altered.push(name);
      continue;
    }
    came.add(name);
    if (JSON.stringify(pick(event)) !== JSON.stringify(pick(written))) altered.push(name);
  }
  const isNamed = ({ epoch, lane, sequence }: StoredEvent) =>
    gaps.some(
      (gap) =>
        gap.epoch === epoch &&
        gap.lane === lane &&
        Number(gap.from) <= sequence &&
        (gap.to === null || sequence <= Number(gap.to)),
    );
  // the events that the cursor had passed were delivered before
  const owed = [...events].filter(([, { lane, sequence }]) => lane === 'alerts' || sequence > alreadyDelivered);
  const absent = owed.filter(([name]) => !came.has(name));
  const lost = absent.filter(([, event]) => !isNamed(event)).map(([name]) => name);
  return { altered, lost, named: absent.length - lost.length, said };
}

function pick(event: StoredEvent): unknown {
  const { type, device, time, received, clock, boot, uptime, data } = event;
  return { type, device, time, received, clock, boot, uptime, data };
}

/** Rescues the damaged file at `file`, and copies the new file. */
export function copyRescued(file: string, to: string): void {
  const disk = new FileDisk(file, 0, 'first');
  const known = { list: disk.readEpochs(), numbers: disk.numbers.read(), isSameBoot: true };
  disk.rescue((from) => rescue({ ...from, known, sinks: [sink], freeBytes: 1e12, clock: systemClock }));
  cpSync(file, to);
}

/** Flips one bit of a file; `at` from 0 to 1 says where. */
export function flipBit(file: string, at: number, bit: number): void {
  const content = readFileSync(file);
  const place = Math.min(content.length - 1, Math.floor(at * content.length));
  content[place] = (content[place] as number) ^ (1 << bit);
  writeFileSync(file, content);
}
