/**
 * The load of many devices at once on any MQTT 3.1.1 broker, and what it got: acknowledgements a second and the time
 * to each. The packets come from a thread of their own (mqtt-load-thread.ts), so that whoever runs the benchmark does
 * not slow them down.
 */
import { Worker } from 'node:worker_threads';

export interface LoadClient {
  readonly id: string;
  readonly topic: string;
  readonly username?: string;
  readonly password?: string;
}

export interface LoadSetup {
  readonly port: number;
  readonly clients: readonly LoadClient[];
  readonly payload: string;
  /** `window` publishes of each client are always under way; or so many a second of all, whatever comes back */
  readonly pace: { readonly window: number } | { readonly perSecond: number };
  readonly warmUpMs: number;
  readonly measuredMs: number;
}

export interface LoadResult {
  /** in the measured time */
  readonly acknowledged: number;
  readonly sent: number;
  /** at the end, after a wait for them */
  readonly unanswered: number;
  readonly measuredMs: number;
  /** ms from the write of each publish acknowledged in the measured time */
  readonly latencies: Float64Array;
}

/** @throws Error where a client is refused or loses its connection */
export function mqttLoad(setup: LoadSetup): Promise<LoadResult> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL('./mqtt-load-thread.ts', import.meta.url), { workerData: setup });
    worker.once('message', resolve);
    worker.once('error', reject);
    worker.once('exit', (code) => reject(new Error(`the load ended with ${code}`)));
  });
}
