// Long work that can be watched: one line when a step begins, one now and then while it goes on, one with the time it
// took at its end. What its commands say goes to a log file, whose tail is shown where one fails.
//
// Always: standard output stays free for results; everything here goes to standard error.
import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';

/** Between two lines that say that it still goes on. */
const stillMs = 10_000;
const tailLines = 25;
const longestLine = 100;

export class SetUpError extends Error {}

export function say(line) {
  process.stderr.write(`${line}\n`);
}

/**
 * One step with a name for people. `work` gets `run(command, args, options)`, which rejects where the command fails,
 * and its log's name.
 */
export async function step(name, logFile, work) {
  const begun = Date.now();
  mkdirSync(dirname(logFile), { recursive: true });
  const log = openSync(logFile, 'w');
  say(`  … ${name}`);
  const still = setInterval(() => say(`  … ${name}: ${seconds(begun)} s${lastLine(logFile)}`), stillMs);
  try {
    const result = await work((command, args, options) => run(command, args, log, options));
    say(`  ✓ ${name} (${seconds(begun)} s)`);
    return result;
  } catch (error) {
    say(`  ✗ ${name} (${seconds(begun)} s)`);
    if (!(error instanceof SetUpError)) throw error;
    throw new SetUpError(`${name}: ${error.message}\n${tail(logFile)}  all of it: ${logFile}`);
  } finally {
    clearInterval(still);
    closeSync(log);
  }
}

function run(command, args, log, options = {}) {
  writeSync(log, `$ ${command} ${args.join(' ')}\n`);
  return new Promise((resolve, reject) => {
    const env = { ...(options.env ?? process.env), NO_COLOR: '1', FORCE_COLOR: '0' };
    const child = spawn(command, args, { ...options, env, stdio: ['ignore', log, log] });
    child.once('error', (error) => reject(new SetUpError(`${command} could not be run: ${error.message}`)));
    child.once('exit', (code, signal) => {
      if (code === 0) resolve();
      else reject(new SetUpError(`${command} ended with ${code ?? signal}`));
    });
  });
}

/** What a quick command says, with its status; 'ENOENT' where there is no such command. */
export function outputOf(command, args, options = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], ...options });
    let output = '';
    const keep = (chunk) => {
      output += chunk;
    };
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    child.once('error', (error) => resolve({ code: error.code, output: error.message }));
    child.once('close', (code) => resolve({ code, output }));
  });
}

function seconds(begun) {
  return ((Date.now() - begun) / 1000).toFixed(begun + 10_000 > Date.now() ? 1 : 0);
}

function lastLine(logFile) {
  const line =
    readFileSync(logFile, 'utf8')
      .trim()
      .split(/[\r\n]+/)
      .pop() ?? '';
  return line === '' ? '' : ` · ${line.slice(0, longestLine)}`;
}

function tail(logFile) {
  const lines = readFileSync(logFile, 'utf8').trimEnd().split('\n').slice(-tailLines);
  return lines.map((line) => `    ${line}\n`).join('');
}
