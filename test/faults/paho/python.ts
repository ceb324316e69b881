/** Finds a Python with paho-mqtt: PAHO_PYTHON, or one that is installed once into node_modules/.cache/forpost-paho. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../../harness/root.ts';

const wanted = 'paho-mqtt==2.2.*';

export function pahoVersion(python: string): string {
  return execFileSync(python, ['-c', 'import paho.mqtt as p; print(p.__version__)'], { encoding: 'utf8' }).trim();
}

/** @throws Error that names what is missing */
export function pythonWithPaho(): string {
  const given = process.env.PAHO_PYTHON;
  if (given !== undefined) return given;
  const folder = join(root, 'node_modules/.cache/forpost-paho');
  const python = join(folder, 'bin/python3');
  if (existsSync(join(folder, 'installed'))) return python;
  process.stderr.write(`installing ${wanted} into ${folder}\n`);
  mkdirSync(folder, { recursive: true });
  try {
    execFileSync('python3', ['-m', 'venv', folder], { stdio: ['ignore', 'ignore', 'inherit'] });
    execFileSync(python, ['-m', 'pip', 'install', '-q', wanted], { stdio: ['ignore', 'ignore', 'inherit'] });
    mkdirSync(join(folder, 'installed'));
  } catch (error) {
    throw new Error(
      'paho-mqtt cannot be installed: python3 with venv (Debian: python3-venv) and a package registry are needed, or PAHO_PYTHON',
      { cause: error },
    );
  }
  return python;
}
