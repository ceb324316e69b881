/**
 * Messages through a broker and how many it passes on: one publisher, many subscribers, in a process of their own
 * (traffic-process.ts) on raw sockets with prepared packets, so that the broker is what is measured.
 */
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export interface LogIn {
  readonly id: string;
  readonly username?: string;
  readonly password?: string;
}

export interface TrafficSetup {
  readonly port: number;
  readonly publisher: LogIn;
  readonly subscribers: readonly LogIn[];
  readonly topic: string;
  readonly payload: string;
  readonly qos: 0 | 1 | 2;
  /** messages that the slowest subscriber, or the broker's answer, is behind at most */
  readonly window: number;
  readonly warmUpMs: number;
  readonly measuredMs: number;
}

export interface TrafficResult {
  /** messages that reached a subscriber, all subscribers together */
  readonly deliveredPerS: number;
  /** of one core, what the publisher and the subscribers took: near 100 they are what is measured */
  readonly loadPercent: number;
}

/** @throws Error where a client is refused or loses its connection */
export function traffic(setup: TrafficSetup): Promise<TrafficResult> {
  return new Promise((resolve, reject) => {
    const child = fork(fileURLToPath(new URL('./traffic-process.ts', import.meta.url)), {
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    child.once('message', (result) => resolve(result as TrafficResult));
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`the traffic ended with ${code}`)));
    child.send(setup);
  });
}
