import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { clearLeftDisks, leftDisks, mountSmallDisk, unmountSmallDisk, withoutSmallDisk } from './small-disk.ts';
import { unless } from './unless.ts';

test(
  'a test unmounts what a killed test has left mounted, and leaves the mounts of running tests',
  unless(withoutSmallDisk()),
  async () => {
    const [left, kept] = ['left', 'kept'].map((name) => mkdtempSync(join(tmpdir(), `forpost-${name}-`))) as [
      string,
      string,
    ];
    const leftMount = join(left, 'disk');
    mkdirSync(leftMount);
    const module = new URL('small-disk.ts', import.meta.url).href;
    const script = `
      const { mountSmallDisk } = await import(${JSON.stringify(module)});
      mountSmallDisk(${JSON.stringify(leftMount)}, 'size=1m');
      console.log('mounted');
      setInterval(() => {}, 1000);`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(child.stdout, 'data');
    mountSmallDisk(kept, 'size=1m');
    try {
      writeFileSync(join(leftMount, 'file'), 'x');
      expect(leftDisks()).not.toContain(leftMount);
      child.kill('SIGKILL');
      await once(child, 'exit');
      expect(leftDisks()).toContain(leftMount);
      clearLeftDisks();
      expect(leftDisks()).not.toContain(leftMount);
      expect(existsSync(left)).toBe(false);
      writeFileSync(join(kept, 'file'), 'x');
    } finally {
      unmountSmallDisk(kept);
      rmSync(kept, { recursive: true });
    }
  },
);
