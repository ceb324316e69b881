import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { cameraCache } from '../../test/harness/root.ts';
import { placesAt, yardSeconds, yardTruth } from './yard.ts';

test('the gate area is entered every ten to fifteen seconds, and left as often', () => {
  const { entries, exits } = yardTruth();
  expect(entries).toHaveLength(exits.length);
  const times = [...entries.map(({ t }) => t), yardSeconds + entries[0]!.t];
  for (const [i, t] of times.slice(1).entries()) {
    expect(t - times[i]!).toBeGreaterThan(8);
    expect(t - times[i]!).toBeLessThan(15);
  }
});

test('the loop begins and ends with an empty yard, and no figure jumps', () => {
  expect(placesAt(0)).toEqual([]);
  expect(placesAt(yardSeconds - 0.1)).toEqual([]);
  for (const { positions } of yardTruth().figures)
    for (const [i, { feet, t }] of positions.entries()) {
      const before = positions[i - 1];
      if (before === undefined) continue;
      expect(t - before.t).toBeCloseTo(0.1);
      expect(Math.hypot(feet[0] - before.feet[0], feet[1] - before.feet[1])).toBeLessThan(0.03);
    }
});

function alive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

test('the camera program says when it is ready and leaves nothing behind when its input closes', async () => {
  const program = fileURLToPath(new URL('./camera.ts', import.meta.url));
  const child = spawn(process.execPath, [program, '--cache', cameraCache], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const [line] = await once(createInterface(child.stdout), 'line');
  const { ready, pid } = JSON.parse(String(line)) as { ready: string; pid: number };
  expect(ready).toMatch(/^rtsp:\/\/127\.0\.0\.1:\d+\/yard$/);
  expect(alive(pid)).toBe(true);
  child.stdin.end();
  const [status] = await once(child, 'exit');
  expect(status).toBe(0);
  expect(alive(pid)).toBe(false);
});
