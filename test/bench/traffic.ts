/**
 * The rate of messages that a broker passes on: one publisher and many subscribers in a process of their own
 * (traffic-process.ts), on raw sockets with prepared packets, so that the broker is the bottleneck.
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
  /** most messages by which the slowest subscriber, or the broker's answer, may lag */
  readonly window: number;
  readonly warmUpMs: number;
  readonly measuredMs: number;
}

export interface TrafficResult {
  /** messages delivered to subscribers, all together */
  readonly deliveredPerS: number;
  /** share of one core that publisher and subscribers used: near 100 they are the bottleneck */
  readonly loadPercent: number;
}

/** @throws Error when a client is refused or loses its connection */
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
