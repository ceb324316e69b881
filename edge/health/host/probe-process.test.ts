import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { FakeClock } from '@forpost/shared/clock.ts';
import { silentLogger } from '@forpost/shared/logging.ts';
import { afterEach, expect, test, vi } from 'vitest';
import { ProbeProcess, type ProbeProcessOptions } from './probe-process.ts';
import { type HostReading, known } from './reading.ts';

const running: ProbeProcess[] = [];

afterEach(async () => {
  for (const probe of running.splice(0)) await probe.stop(0);
});

function probeOf(options: Partial<ProbeProcessOptions>) {
  const clock = new FakeClock();
  const readings: HostReading[] = [];
  const failures = { count: 0 };
  const probe = new ProbeProcess({
    folder: process.cwd(),
    smart: false,
    everyMs: 60_000,
    clock,
    logger: silentLogger(),
    onReading: (reading) => readings.push(reading),
    onFailure: () => void failures.count++,
    ...options,
  });
  running.push(probe);
  return { probe, clock, readings, failures };
}

/** Whether the process runs; one that is dead and not waited for counts as gone. */
async function runs(pid: number): Promise<boolean> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  return stat !== '' && !/\) Z /.test(stat);
}

test.runIf(process.platform === 'linux')(
  'the gateway reads its machine through a process of its own, again and again, and ends it',
  async () => {
    const { probe, clock, readings } = probeOf({});
    probe.start();
    const pid = probe.processId ?? 0;
    expect(await runs(pid)).toBe(true);
    clock.advance(20_000);
    await vi.waitFor(() => expect(readings).toHaveLength(1), { timeout: 20_000 });
    const [first] = readings;
    expect(first && known(first.memory)?.total).toBeGreaterThan(100_000_000);
    expect(first && known(first.disk)?.total).toBeGreaterThan(100_000_000);
    clock.advance(60_000);
    await vi.waitFor(() => expect(readings).toHaveLength(2), { timeout: 20_000 });
    expect(probe.processId).toBe(pid);
    await probe.stop();
    await vi.waitFor(async () => expect(await runs(pid)).toBe(false), { timeout: 10_000 });
  },
);

const hanging = fileURLToPath(new URL('./testing/hanging-probe.mjs', import.meta.url));

test.runIf(process.platform === 'linux')(
  'a probe process that hangs is ended with the program that it started, and another one follows after a pause',
  async () => {
    const children: ChildProcess[] = [];
    const { probe, clock, failures } = probeOf({
      forkProcess: () => {
        const child = fork(hanging, [], { detached: true, execArgv: [] });
        children.push(child);
        return child;
      },
    });
    probe.start();
    clock.advance(20_000);
    const [child] = children;
    if (child === undefined) throw new Error('no process');
    const [{ pid: program }] = (await once(child, 'message')) as [{ readonly pid: number }];
    expect(await runs(program)).toBe(true);
    const exit = once(child, 'exit');
    clock.advance(40_000);
    await exit;
    await vi.waitFor(async () => expect(await runs(program)).toBe(false), { timeout: 10_000 });
    expect(failures.count).toBe(2);
    clock.advance(59_000);
    expect(children).toHaveLength(1);
    clock.advance(1000);
    expect(children).toHaveLength(2);
  },
);

test('if the system has no memory for the probe process, the gateway starts all the same and forks again later', () => {
  let tries = 0;
  const { probe, clock, failures } = probeOf({
    forkProcess: () => {
      tries++;
      throw new Error('spawn ENOMEM');
    },
  });
  probe.start();
  expect([tries, failures.count]).toEqual([1, 1]);
  clock.advance(60_000);
  expect([tries, failures.count]).toEqual([2, 2]);
  clock.advance(119_000);
  expect(tries).toBe(2);
  clock.advance(1000);
  expect(tries).toBe(3);
});
