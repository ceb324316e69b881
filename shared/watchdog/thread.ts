/**
 * The watchdog's thread: watches the main thread's beats, and ends the process when they stop (watchdog.ts).
 *
 * Node has no datagram sockets of the file system, on which systemd listens. So systemd's own program sends the messages,
 * started by one small shell, because a fork of the whole gateway would take 12 ms each time.
 *
 * Always: the process ends within `stackWithinMs` of the verdict, with or without the stack in the log.
 */
import type { ChildProcess } from 'node:child_process';
import { write } from 'node:fs';
import type { Debugger, InspectorNotification } from 'node:inspector';
import { parentPort, workerData } from 'node:worker_threads';
import { HangJudge } from './hang-judge.ts';

import { beatsAt, debuggedAt, type WatchdogSetup, watchingAt } from './setup.ts';

const { shared, name, hangMs, tickMs, notifySocket, notifyEveryMs } = workerData as WatchdogSetup;
const marks = new Int32Array(shared);
const judge = new HangJudge(hangMs, tickMs);
const stackWithinMs = 3000;
const mostFrames = 40;

let notifier: ChildProcess | undefined;
let notified = performance.now();
let ending = false;

function look(): void {
  if (ending) return;
  const watching = Atomics.load(marks, watchingAt) === 1;
  const beats = watching ? Atomics.load(marks, beatsAt) : -1;
  const hangs = judge.judge(performance.now(), beats, !watching || Atomics.load(marks, debuggedAt) === 1);
  if (hangs) {
    ending = true;
    end();
  } else if (watching && notifyEveryMs !== undefined && performance.now() - notified >= notifyEveryMs) {
    notified = performance.now();
    notifySystemd('WATCHDOG=1');
  }
}

/** Sends a message to systemd, if systemd listens. */
function notifySystemd(message: string): void {
  notifier?.stdin?.write(`${message}\n`);
}

async function startNotifier(): Promise<void> {
  if (notifySocket === undefined) return;
  const { spawn } = await import('node:child_process');
  const loop = 'while read -r message; do systemd-notify "$message"; done';
  notifier = spawn('/bin/sh', ['-c', loop], {
    stdio: ['pipe', 'ignore', 'inherit'],
    env: { ...process.env, NOTIFY_SOCKET: notifySocket },
  });
  const failed = (error: Error) => log('error', `systemd cannot be notified: ${error.message}`, {}, () => undefined);
  notifier.on('error', failed);
  notifier.stdin?.on('error', failed);
  notifier.unref();
}

function end(): void {
  const kill = () => process.kill(process.pid, 'SIGKILL');
  setTimeout(kill, stackWithinMs);
  void stackOfMain((stack) => {
    const what = `the main thread has not answered for ${hangMs / 1000} s: the process ends, to be started again`;
    log('fatal', what, { stack }, kill);
  });
}

/** The main thread's present place: in JavaScript, in a regular expression, or in a wait. */
async function stackOfMain(then: (stack: readonly string[]) => void): Promise<void> {
  const { Session } = await import('node:inspector');
  const session = new Session();
  const files = new Map<string, string>();
  session.connectToMainThread();
  session.on('Debugger.scriptParsed', ({ params }: InspectorNotification<Debugger.ScriptParsedEventDataType>) =>
    files.set(params.scriptId, params.url),
  );
  session.on('Debugger.paused', ({ params }: InspectorNotification<Debugger.PausedEventDataType>) =>
    then(params.callFrames.slice(0, mostFrames).map((frame) => inWords(frame, files))),
  );
  session.post('Debugger.enable');
  session.post('Debugger.pause');
}

function inWords({ functionName, location }: Debugger.CallFrame, files: ReadonlyMap<string, string>): string {
  const { scriptId, lineNumber } = location;
  return `${functionName || '(anonymous)'} (${files.get(scriptId) ?? ''}:${lineNumber + 1})`;
}

/** Writes a line in the form of the process's own logger, without waiting for its reader. */
function log(level: string, msg: string, more: object, then: () => void): void {
  const line = { level, time: new Date().toISOString(), name, ...more, msg };
  write(2, `${JSON.stringify(line)}\n`, then);
}

void startNotifier();
parentPort?.on('message', (message: string) => notifySystemd(message));
setInterval(look, tickMs);
