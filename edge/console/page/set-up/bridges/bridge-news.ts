/** What the gateway's bridges have found, loaded every few seconds while something on the page shows it. */
import type { ReactiveController, ReactiveControllerHost } from 'lit';
import type { BridgeView } from '../../../view.ts';
import { LoggedOutError } from '../../api.ts';
import { fetchBridges } from './calls.ts';

const everyMs = 5_000;

export class BridgeNews implements ReactiveController {
  readonly #host: ReactiveControllerHost & EventTarget;
  #timer: number | undefined;
  /** undefined before the first answer */
  bridges: readonly BridgeView[] | undefined;
  /** why the last load failed; empty: it did not */
  problem = '';

  constructor(host: ReactiveControllerHost & EventTarget) {
    this.#host = host;
    host.addController(this);
  }

  hostConnected(): void {
    this.#timer = window.setInterval(() => void this.load(), everyMs);
    void this.load();
  }

  hostDisconnected(): void {
    clearInterval(this.#timer);
  }

  async load(): Promise<void> {
    if (document.hidden) return;
    try {
      this.bridges = await fetchBridges();
      this.problem = '';
    } catch (error) {
      this.problem = error instanceof Error ? error.message : String(error);
      if (error instanceof LoggedOutError) this.#host.dispatchEvent(new CustomEvent('logged-out', { bubbles: true }));
    }
    this.#host.requestUpdate();
  }
}
