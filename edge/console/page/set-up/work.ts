/**
 * What an element of set-up waits for, and why it failed: one piece of work at a person's wish (`Work`), or a state of the
 * gateway that is loaded again and again while it is shown (`Polled`).
 *
 * Always: an answer that the log-in has ended leads to the log-in page, whatever asked.
 */
import type { ReactiveController, ReactiveControllerHost } from 'lit';
import { LoggedOutError } from '../api.ts';

type Host = ReactiveControllerHost & EventTarget;

export class Work implements ReactiveController {
  readonly #host: Host;
  busy = false;
  /** why the last work failed; empty: it did not */
  problem = '';

  constructor(host: Host) {
    this.#host = host;
    host.addController(this);
  }

  // the interface wants one of its methods
  hostConnected(): void {}

  /** Shows that the work runs, and why it failed. Never rejects. */
  async run(work: () => Promise<void>): Promise<void> {
    this.busy = true;
    this.problem = '';
    this.#host.requestUpdate();
    try {
      await work();
    } catch (error) {
      this.problem = problemOf(this.#host, error);
    } finally {
      this.busy = false;
      this.#host.requestUpdate();
    }
  }
}

/** Loads `value` at once and every `everyMs` while the element is shown and the page is in front. */
export class Polled<T> implements ReactiveController {
  readonly #host: Host;
  readonly #everyMs: number;
  readonly #load: () => Promise<T>;
  #timer: number | undefined;
  /** undefined before the first answer */
  value: T | undefined;
  /** why the last load failed; empty: it did not */
  problem = '';

  /** `load` is called once the element has its properties. */
  constructor(host: Host, everyMs: number, load: () => Promise<T>) {
    this.#host = host;
    this.#everyMs = everyMs;
    this.#load = load;
    host.addController(this);
  }

  hostConnected(): void {
    this.#timer = window.setInterval(() => void this.load(), this.#everyMs);
    void this.#host.updateComplete.then(() => this.load());
  }

  hostDisconnected(): void {
    clearInterval(this.#timer);
  }

  /** Loads it now. Never rejects. */
  async load(): Promise<void> {
    if (document.hidden) return;
    try {
      this.value = await this.#load();
      this.problem = '';
    } catch (error) {
      this.problem = problemOf(this.#host, error);
    }
    this.#host.requestUpdate();
  }
}

function problemOf(host: Host, error: unknown): string {
  if (error instanceof LoggedOutError) host.dispatchEvent(new CustomEvent('logged-out', { bubbles: true }));
  return error instanceof Error ? error.message : String(error);
}
