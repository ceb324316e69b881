// Visible progress of long steps: one line at the start, one every ten seconds, one at the end with the time that the
// step took. The output of commands goes to a log file; a failed step shows the last lines of its log.
//
// Always: everything here goes to standard error; standard output stays free for results.
import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';

/** The time between two progress lines of one step. */
const stillMs = 10_000;
const tailLines = 25;
const longestLine = 100;

export class SetUpError extends Error {}

export function say(line) {
  process.stderr.write(`${line}\n`);
}

/**
 * Runs one step under a name for people. `work` gets `run(command, args, options)`, which rejects when the command
 * fails and writes its output to the log.
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
    throw new SetUpError(`${name}: ${error.message}\n${tail(logFile)}  whole log: ${logFile}`);
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
    child.once('error', (error) => reject(new SetUpError(`cannot run ${command}: ${error.message}`)));
    child.once('exit', (code, signal) => {
      if (code === 0) resolve();
      else reject(new SetUpError(`${command} ended with ${code ?? signal}`));
    });
  });
}

/** Output and status of a short command; the status is 'ENOENT' when the command does not exist. */
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
