import { FakeClock } from '@forpost/shared/clock.ts';
import { ForpostError } from '@forpost/shared/errors.ts';
import { rfc3339 } from '@forpost/shared/event/codec.ts';
import type { Command, CommandResultData } from '@forpost/shared/event/command.ts';
import type { ClockQuality } from '@forpost/shared/event/event.ts';
import { asId } from '@forpost/shared/event/ids.ts';
import { silentLogger } from '@forpost/shared/logging.ts';
import { message } from '@forpost/shared/texts/texts.ts';
import Type from 'typebox';
import { describe, expect, test, vi } from 'vitest';
import type { Alert } from '../alerts/action.ts';
import type { CommandKind } from './command-kind.ts';
import { Commander } from './commander.ts';
import { commandKinds } from './kinds/registry.ts';

const trueTime = Date.UTC(2026, 5, 1, 12);
const hourMs = 3_600_000;
const alert = { data: { alarm: 'a' } } as unknown as Alert;

function aCommander(
  options: { now?: number; clock?: ClockQuality; kinds?: readonly CommandKind[]; atLeast?: number } = {},
) {
  const clock = new FakeClock(options.now ?? trueTime);
  const stored: { result: CommandResultData; alerts: readonly Alert[] }[] = [];
  const acknowledged: string[] = [];
  const people: string[] = [];
  let states = 0;
  let disk: (() => Promise<void>) | undefined;
  const commander = new Commander({
    kinds: options.kinds ?? commandKinds,
    context: {
      acknowledge: (alarm, by) => {
        acknowledged.push(alarm);
        people.push(by);
        return alarm === 'over'
          ? { state: 'unknown' }
          : alarm === 'seen'
            ? { state: 'already' }
            : { state: 'done', alerts: [alert] };
      },
      sendEvidence: async () => ({ problem: message('gateway/answer.no-evidence') }),
      changeSite: async () => ({ refused: message('gateway/answer.no-evidence') }),
      sendStatus: () => {
        states++;
      },
      describe: () => message('gateway/answer.running', { version: '1.0', minutes: 5 }),
    },
    quality: () => options.clock ?? 'synced',
    atLeast: () => options.atLeast ?? 0,
    store: async (result, alerts) => {
      await disk?.();
      stored.push({ result, alerts });
    },
    clock,
    random: () => 0.5,
    logger: silentLogger(),
  });
  return {
    commander,
    clock,
    stored,
    acknowledged,
    people,
    states: () => states,
    setDisk: (next: (() => Promise<void>) | undefined) => {
      disk = next;
    },
    outcomes: () => stored.map(({ result }) => `${result.command} ${result.outcome}`),
  };
}

function order(change: Partial<Command> = {}): Command {
  return {
    id: 'c-1',
    gateway: asId('gw-1'),
    kind: 'acknowledge',
    arguments: { alarm: 'a' },
    author: 'admin',
    issued: rfc3339(trueTime - 60_000),
    expires: rfc3339(trueTime + hourMs),
    ...change,
  };
}

describe('a command', () => {
  test('is run, and its result is stored in one entry with the change of the alarm', async () => {
    const { commander, stored, people } = aCommander();
    await commander.handle(order(), undefined);
    expect(people).toEqual(['admin']);
    expect(stored).toEqual([
      {
        result: {
          command: 'c-1',
          kind: 'acknowledge',
          outcome: 'applied',
          author: 'admin',
          message: 'the alarm is acknowledged',
          message_i18n: { key: 'gateway/answer.alarm-acknowledged' },
        },
        alerts: [alert],
      },
    ]);
  });

  test.each([
    ['was acknowledged before', { alarm: 'seen' }, 'applied', /before/],
    ['the gateway has forgotten', { alarm: 'over' }, 'failed', /does not remember/],
    ['is not named', {}, 'refused', /do not fit/],
    ['is named with more than that', { alarm: 'a', by: 'x' }, 'refused', /do not fit/],
  ])('about an alarm that %s says so', async (_, values, outcome, message) => {
    const { commander, stored } = aCommander();
    await commander.handle(order({ arguments: values }), undefined);
    expect(stored[0]?.result).toMatchObject({ outcome, message: expect.stringMatching(message) });
    expect(stored[0]?.alerts).toEqual([]);
  });

  test('of an unknown kind is refused by its name', async () => {
    const { commander, stored } = aCommander();
    await commander.handle(order({ kind: 'constructor' }), undefined);
    expect(stored[0]?.result).toMatchObject({ outcome: 'refused', message: expect.stringContaining('"constructor"') });
  });

  test('of kind status sends the status, and a ping is answered', async () => {
    const { commander, stored, states } = aCommander();
    await commander.handle(order({ id: 's', kind: 'status', arguments: {} }), undefined);
    await commander.handle(order({ id: 'p', kind: 'ping', arguments: {} }), undefined);
    expect(states()).toBe(1);
    expect(stored.map(({ result }) => [result.outcome, result.message])).toEqual([
      ['applied', 'the state is sent'],
      ['applied', 'Forpost 1.0, started 5 min ago'],
    ]);
  });

  test('that throws has failed with its message, and one that hangs has failed after its deadline', async () => {
    const kinds: CommandKind[] = [
      {
        kind: 'throws',
        arguments: Type.Object({}),
        run: () => {
          throw new Error(`no ${'x'.repeat(2000)}`);
        },
      },
      { kind: 'rejects', arguments: Type.Object({}), run: () => Promise.reject(new Error('not now')) },
      { kind: 'hangs', arguments: Type.Object({}), run: () => new Promise(() => undefined) },
    ];
    const { commander, clock, stored } = aCommander({ kinds });
    await commander.handle(order({ id: '1', kind: 'throws', arguments: {} }), undefined);
    await commander.handle(order({ id: '2', kind: 'rejects', arguments: {} }), undefined);
    const hanging = commander.handle(order({ id: '3', kind: 'hangs', arguments: {} }), undefined);
    clock.advance(10_000);
    await hanging;
    expect(stored.map(({ result }) => result.outcome)).toEqual(['failed', 'failed', 'failed']);
    expect(stored[0]?.result.message).toHaveLength(500);
    expect(stored[2]?.result.message).toContain('10 s');
  });

  test('has one result however often it comes, also from two feeds at once', async () => {
    const { commander, acknowledged, outcomes } = aCommander();
    await Promise.all([commander.handle(order(), undefined), commander.handle(order(), undefined)]);
    await commander.handle(order(), undefined);
    expect(acknowledged).toEqual(['a']);
    expect(outcomes()).toEqual(['c-1 applied']);
  });

  test('counts as not run before its result is on disk, and the result is stored as soon as the disk takes it', async () => {
    const { commander, clock, setDisk, outcomes, acknowledged } = aCommander();
    setDisk(async () => {
      throw new ForpostError('FORPOST_OUTBOX_FULL', 'full');
    });
    let done = false;
    const taken = commander.handle(order(), undefined).then(() => {
      done = true;
    });
    for (let i = 0; i < 20; i++) {
      await new Promise((resolve) => setImmediate(resolve));
      clock.advance(10_000);
    }
    expect([done, outcomes()]).toEqual([false, []]);
    setDisk(undefined);
    await vi.waitFor(
      () => {
        clock.advance(10_000);
        expect(done).toBe(true);
      },
      { timeout: 10_000 },
    );
    await taken;
    expect([acknowledged, outcomes()]).toEqual([['a'], ['c-1 applied']]);
  });

  test('that waits for the disk gives up when the gateway stops, and does not count as run', async () => {
    const { commander, setDisk } = aCommander();
    setDisk(async () => {
      throw new ForpostError('FORPOST_OUTBOX_FAILED', 'gone');
    });
    const taken = commander.handle(order(), undefined);
    commander.stop();
    await expect(taken).rejects.toThrow('gone');
  });
});

describe('the expiry of a command', () => {
  const expired = { issued: rfc3339(trueTime - 2 * hourMs), expires: rfc3339(trueTime - hourMs) };

  test('a clock in sync decides, whatever the connection says', async () => {
    const { commander, outcomes, acknowledged } = aCommander();
    await commander.handle(order({ id: 'late', ...expired }), trueTime - 2 * hourMs);
    await commander.handle(order({ id: 'good' }), trueTime + 5 * hourMs);
    expect(outcomes()).toEqual(['late expired', 'good applied']);
    expect(acknowledged).toHaveLength(1);
  });

  test.each([
    ['1970', 0],
    ['2099', Date.UTC(2099, 0, 1)],
  ])('a clock of %s that is not in sync goes by the centre’s time', async (_, now) => {
    const { commander, outcomes } = aCommander({ now, clock: 'unsynced' });
    await commander.handle(order({ id: 'late', ...expired }), trueTime);
    await commander.handle(order({ id: 'good' }), trueTime);
    expect(outcomes()).toEqual(['late expired', 'good applied']);
  });

  test.each([
    ['gives no time', undefined],
    ['gives a time of a year ago', trueTime - 365 * 86_400_000],
  ])('a command of a year ago has expired by the earliest possible time, where the connection %s', async (_, told) => {
    const year = 365 * 86_400_000;
    const old = { issued: rfc3339(trueTime - year), expires: rfc3339(trueTime - year + hourMs) };
    // unsynced, and as old as the command: a gateway from the shelf
    const { commander, stored, acknowledged } = aCommander({
      now: trueTime - year,
      clock: 'unsynced',
      atLeast: trueTime,
    });
    await commander.handle(order({ id: 'old', ...old }), told);
    expect(stored[0]?.result).toMatchObject({ outcome: 'expired', message: expect.stringContaining('or later') });
    expect(acknowledged).toEqual([]);
    // the earliest possible time does not refuse a command that the centre has just sent
    await commander.handle(order({ id: 'new' }), trueTime + 1000);
    expect(stored[1]?.result).toMatchObject({ outcome: 'applied' });
  });

  test('a clock in sync decides, also where an earlier event has a later time', async () => {
    const { commander, outcomes } = aCommander({ clock: 'synced', atLeast: Date.UTC(2099, 0, 1) });
    await commander.handle(order({ id: 'good' }), undefined);
    expect(outcomes()).toEqual(['good applied']);
  });

  test('without a known time the command is refused with the reason', async () => {
    const { commander, stored, acknowledged } = aCommander({ clock: 'unsynced' });
    await commander.handle(order(), undefined);
    expect(stored[0]?.result).toMatchObject({ outcome: 'refused', message: expect.stringContaining('not in sync') });
    expect(acknowledged).toEqual([]);
  });

  test('a command from the future is refused, and a clock that is a little ahead is forgiven', async () => {
    const { commander, outcomes } = aCommander();
    const at = (ms: number) => ({ issued: rfc3339(trueTime + ms), expires: rfc3339(trueTime + ms + hourMs) });
    await commander.handle(order({ id: 'far', ...at(11 * 60_000) }), undefined);
    await commander.handle(order({ id: 'near', ...at(9 * 60_000) }), undefined);
    expect(outcomes()).toEqual(['far refused', 'near applied']);
  });
});
