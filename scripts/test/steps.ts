/**
 * The steps of `npm test` and `npm run check` that run commands: each prints its result and its time, and a failed step
 * its whole output.
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../..', import.meta.url));

export interface Step {
  readonly name: string;
  /** scripts of packages, which run on this Node, or other commands */
  readonly commands: readonly (readonly [command: string, ...args: string[]])[];
}

/** TypeScript projects: the browser's code has types of its own, with a document and without Node. */
const typeScriptProjects = ['.', 'cloud/web', 'edge/console/page'];

export function types(): Step {
  const projects = typeScriptProjects.filter((folder) => existsSync(join(root, folder, 'tsconfig.json')));
  return { name: 'types', commands: projects.map((folder) => [bin('tsc'), '-p', folder, '--noEmit']) };
}

export function lint(): Step {
  return { name: 'lint', commands: [[bin('biome'), 'ci', '--colors=off', '.']] };
}

/** The step that checks imports against the layers. */
export function layers(): Step {
  return { name: 'layers', commands: [[process.execPath, 'scripts/layers/main.ts']] };
}

/** Runs the step; true when every command ended with 0. Prints one line, and the output of failed commands. */
export async function run(step: Step, env: NodeJS.ProcessEnv = process.env): Promise<boolean> {
  const begun = performance.now();
  process.stdout.write(`${step.name} …\n`);
  let good = true;
  for (const [command, ...args] of step.commands) {
    const { code, output } = await outputOf(command, args, env);
    if (code === 0) continue;
    good = false;
    process.stdout.write(`${output.trimEnd()}\n`);
  }
  process.stdout.write(`${step.name}: ${good ? 'good' : 'FAILED'}, ${secondsSince(begun)} s\n`);
  return good;
}

export function secondsSince(begun: number): string {
  return ((performance.now() - begun) / 1000).toFixed(1);
}

export function bin(name: string): string {
  return join(root, 'node_modules/.bin', name);
}

function outputOf(
  command: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<{ code: number; output: string }> {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    const keep = (chunk: Buffer) => {
      output += chunk.toString();
    };
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    child.once('error', (error) => resolve({ code: 1, output: `${command}: ${error.message}` }));
    child.once('close', (code) => resolve({ code: code ?? 1, output }));
  });
}
