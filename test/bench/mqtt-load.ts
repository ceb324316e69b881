/**
 * The load of many devices on any MQTT 3.1.1 broker, with its result: acknowledgements a second and the time of each. A
 * thread of its own sends the packets (mqtt-load-thread.ts), so that the benchmark's process does not slow them down.
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
  /** keeps `window` publishes of each client open; or sends this many a second in total, whatever the answers */
  readonly pace: { readonly window: number } | { readonly perSecond: number };
  readonly warmUpMs: number;
  readonly measuredMs: number;
}

export interface LoadResult {
  /** within the measured time */
  readonly acknowledged: number;
  readonly sent: number;
  /** publishes without an answer at the end, after a wait */
  readonly unanswered: number;
  readonly measuredMs: number;
  /** ms from write to acknowledgement, within the measured time */
  readonly latencies: Float64Array;
}

/** @throws Error when a client is refused or loses its connection */
export function mqttLoad(setup: LoadSetup): Promise<LoadResult> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL('./mqtt-load-thread.ts', import.meta.url), { workerData: setup });
    worker.once('message', resolve);
    worker.once('error', reject);
    worker.once('exit', (code) => reject(new Error(`the load ended with ${code}`)));
  });
}
