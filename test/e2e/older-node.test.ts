import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { expect, test } from 'vitest';
import { root } from '../harness/process.ts';

/** Without the tests' own options, which need Node 24. */
const env = { ...process.env, NODE_OPTIONS: '' };
/** A Node older than 24 on this machine, if there is one. */
const older = ['/usr/bin/node', '/usr/local/bin/node', '/opt/node/bin/node'].find(
  (file) =>
    existsSync(file) &&
    Number.parseInt(execFileSync(file, ['-p', 'process.versions.node'], { env, encoding: 'utf8' }), 10) < 24,
);

for (const args of [
  ['gateway', '--config', 'x.yaml'],
  ['cloud', '--config', 'x.yaml'],
  ['check', 'x.yaml'],
]) {
  test(`"forpost ${args[0]}" on an older Node says so in one line and ends with 1`, ({ skip }) => {
    if (older === undefined) return skip('there is no Node older than 24 on this machine');
    const { status, stderr, stdout } = spawnSync(older, ['forpost.mjs', ...args], { cwd: root, env, encoding: 'utf8' });
    expect(status).toBe(1);
    expect(stdout).toBe('');
    expect(stderr.trim().split('\n')).toHaveLength(1);
    expect(stderr).toMatch(/needs Node 24 or newer/);
  });
}
