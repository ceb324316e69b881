/** Thousands of devices in a process of their own (fleet-process.ts): they connect, publish, are cut off and return. */
import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export interface FleetSetup {
  readonly port: number;
  readonly devices: readonly { readonly id: string; readonly password: string }[];
  /** of each device */
  readonly readingEveryMs: number;
}

export interface FleetState {
  readonly connected: number;
  /** CONNACKs with a code other than 0, although the password is right */
  readonly refused: number;
  /** connections that ended before their CONNACK, or later without a cut */
  readonly lost: number;
  readonly sent: number;
  readonly acknowledged: number;
  /** ms from the last cut to the last device's CONNACK; NaN while some are away */
  readonly backAfterMs: number;
}

export type FleetOrder = { readonly setup: FleetSetup } | { readonly order: 'cut' | 'state' };

export class Fleet {
  readonly #child: ChildProcess;

  readonly #ended: Promise<never>;

  private constructor(child: ChildProcess) {
    this.#child = child;
    this.#ended = new Promise((_, reject) => {
      child.once('exit', (code) => reject(new Error(`the fleet ended with ${code}`)));
    });
    // the next request reports the error
    this.#ended.catch(() => undefined);
  }

  /** Begins to connect them all at once. */
  static start(setup: FleetSetup): Fleet {
    const file = fileURLToPath(new URL('./fleet-process.ts', import.meta.url));
    const fleet = new Fleet(fork(file, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] }));
    fleet.#child.send({ setup } satisfies FleetOrder);
    return fleet;
  }

  /** Ends all connections at once, as a switch without power does; each device reconnects at once. */
  cut(): void {
    this.#child.send({ order: 'cut' } satisfies FleetOrder);
  }

  state(): Promise<FleetState> {
    const answer = new Promise<FleetState>((resolve) => {
      this.#child.once('message', (state) => resolve(state as FleetState));
    });
    this.#child.send({ order: 'state' } satisfies FleetOrder);
    return Promise.race([answer, this.#ended]);
  }

  async stop(): Promise<void> {
    const ended = new Promise<void>((resolve) => this.#child.once('exit', () => resolve()));
    this.#child.kill('SIGKILL');
    await ended;
  }
}
