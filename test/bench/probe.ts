/** One device and a consumer of its alerts, in a process of their own: measures the time of each alert. */
import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export interface ProbeSetup {
  readonly port: number;
  readonly device: string;
  readonly consumer: string;
  /** of the device, and of the consumer unless it has one of its own */
  readonly password: string;
  readonly consumerPassword?: string;
  readonly pauseMs: number;
  /** the gateway's process (harness/realtime.ts) */
  readonly gateway: number | undefined;
}

export class Probe {
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess) {
    this.#child = child;
  }

  static async start(setup: ProbeSetup): Promise<Probe> {
    const child = fork(fileURLToPath(new URL('./probe-process.ts', import.meta.url)), {
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    const probe = new Probe(child);
    const ready = probe.#answer();
    child.send(setup);
    await ready;
    return probe;
  }

  /** ms from publish to alert, for each alert since the last call. */
  async alerts(): Promise<readonly number[]> {
    const answer = this.#answer();
    this.#child.send('alerts');
    return (await answer) as readonly number[];
  }

  async stop(): Promise<void> {
    const ended = new Promise<void>((resolve) => this.#child.once('exit', () => resolve()));
    this.#child.kill('SIGKILL');
    await ended;
  }

  #answer(): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const ended = (code: number | null) => reject(new Error(`the probe ended with ${code}`));
      this.#child.once('exit', ended);
      this.#child.once('message', (answer) => {
        this.#child.off('exit', ended);
        resolve(answer);
      });
    });
  }
}
