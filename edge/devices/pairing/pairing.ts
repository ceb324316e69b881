/**
 * The pairing window: for some minutes unknown clients may connect, are shown to the installer, and can be taken in.
 *
 *   closed ── open(by, minutes) ──► open ── close(by) · its time · the gateway stops ──► closed
 *                                    └── open again: it stays open for that long from now
 *
 *   unknown client ── knocks ──► open and room? ──► quarantine (broker/quarantine.ts) ──► shown, judged by all decoders
 *                                  └── no: refused, as ever                      └── taken in (take-in.ts) · ignored
 *
 * Always: there is one window, with who opened it and when it ends; it is in memory alone, so a restart ends it; while it is
 * closed no unknown client is connected and no password of one is kept; clients that log in do not notice the window.
 */
import type { Clock, Timer } from '@forpost/shared/clock.ts';
import type { Message } from '@forpost/shared/texts/message.ts';
import { message } from '@forpost/shared/texts/texts.ts';
import type { KnockerEvents, OnKnock, QuarantinedClient } from '../../broker/knock.ts';
import type { Author } from '../../site/revision.ts';
import type { Decoder } from '../decoder.ts';
import type { Knocker } from './knocker.ts';
import { Knockers } from './knockers.ts';
import type { Replace, Replaced, ReplaceRequest } from './replace.ts';
import { type Refusal, refusal, type TakeIn, type TakeInRequest, type TakeInResult } from './take-in.ts';

export const fewestMinutes = 1;
export const mostMinutes = 30;
export const standardMinutes = 5;

export interface Window {
  /** who opened it; empty: unknown */
  readonly by: string;
  /** ms since 1970 */
  readonly openedAt: number;
  readonly endsAt: number;
}

/** A change of the window, for the central history. */
export interface PairingNote {
  readonly change: 'pairing-opened' | 'pairing-closed' | 'pairing-ignored' | 'pairing-replaced';
  readonly said: Message;
  readonly by: string;
}

export interface PairingOptions {
  readonly clock: Clock;
  readonly decoders: readonly Decoder[];
  readonly takeIn: TakeIn;
  /** hands a known identity over; absent: no client gets one */
  readonly replace?: Replace;
  /** who changed the window, for log and history */
  readonly onNote: (note: PairingNote) => void;
}

export class Pairing {
  readonly #options: PairingOptions;
  readonly #knockers: Knockers;
  #window: Window | undefined;
  #timer: Timer | undefined;
  #changes = 0;

  constructor(options: PairingOptions) {
    this.#options = options;
    this.#knockers = new Knockers(options.clock);
  }

  /** Counts up with each change. */
  get changes(): number {
    return this.#changes;
  }

  /** undefined: closed */
  get window(): Window | undefined {
    return this.#window;
  }

  get knockers(): readonly Knocker[] {
    return this.#knockers.all();
  }

  /** clients that found no place, or were ignored, since the window was opened */
  get turnedAway(): number {
    return this.#knockers.turnedAway;
  }

  /** Opens the window for `minutes` from now, or lets it stay open that long. @throws RangeError outside of the limits */
  open(minutes: number, by: string): Window {
    if (!(minutes >= fewestMinutes && minutes <= mostMinutes))
      throw new RangeError(`a window is open for ${fewestMinutes} to ${mostMinutes} minutes`);
    const { clock, onNote } = this.#options;
    const now = clock.now();
    if (this.#window === undefined) this.#knockers.begin();
    const { by: first, openedAt } = this.#window ?? { by, openedAt: now };
    this.#timer?.cancel();
    this.#timer = clock.after(minutes * 60_000, () => this.#close(''));
    this.#window = { by: first, openedAt, endsAt: now + minutes * 60_000 };
    this.#changes++;
    onNote({ change: 'pairing-opened', said: message('gateway/pairing.opened', { by, minutes }), by });
    return this.#window;
  }

  /** Closes the window. false: it is closed already. */
  close(by: string): boolean {
    return this.#close(by);
  }

  /** The gateway stops. */
  stop(): void {
    this.#timer?.cancel();
    this.#window = undefined;
    this.#knockers.clear();
  }

  /** Closes the client's connection, and refuses it until the window ends. undefined: done */
  ignore(number: number, by: string): TakeInResult | undefined {
    const knocker = this.#knockers.find(number);
    if (knocker === undefined) return refusal('unknown', message('gateway/pairing.no-knocker', { number }));
    if (knocker.isBeingTakenIn || knocker.takenIn !== undefined) return takenAlready(knocker);
    this.#knockers.ignore(knocker);
    this.#changes++;
    const said = message('gateway/pairing.ignored', { by, client: knocker.clientId, address: knocker.address });
    this.#options.onNote({ change: 'pairing-ignored', said, by });
    return undefined;
  }

  /** Takes a client in as a device or bridge of the site. Never rejects for what a person can mend. */
  takeIn(number: number, request: TakeInRequest, author: Author): Promise<TakeInResult> {
    return this.#handOver(number, author.name, async (knocker) => {
      const result = await this.#options.takeIn(knocker, request, author);
      return 'refused' in result ? result : { result, id: result.device };
    });
  }

  /** Hands the identity that a client claims over to it. Never rejects for what a person can mend. */
  async replace(number: number, request: ReplaceRequest, by: string): Promise<Replaced | Refusal> {
    const { replace, onNote } = this.#options;
    if (replace === undefined) return refusal('closed', message('gateway/pairing.closed'));
    return this.#handOver(number, by, async (knocker) => {
      const result = await replace(knocker, request);
      if ('refused' in result) return result;
      const { id, name } = result;
      const { clientId: client, address } = knocker;
      onNote({
        change: 'pairing-replaced',
        said: message('gateway/pairing.replaced', { by, name, client, address }),
        by,
      });
      return { result, id };
    });
  }

  /** Gives a client an identity of the site by `give`, one person at a time, and makes it log in with it. */
  async #handOver<Result extends { readonly name: string; readonly credential?: object }>(
    number: number,
    by: string,
    give: (knocker: Knocker) => Promise<{ readonly result: Result; readonly id: string } | Refusal>,
  ): Promise<Result | Refusal> {
    if (this.#window === undefined) return refusal('closed', message('gateway/pairing.closed'));
    const knocker = this.#knockers.find(number);
    if (knocker === undefined) return refusal('unknown', message('gateway/pairing.no-knocker', { number }));
    if (knocker.isBeingTakenIn || knocker.takenIn !== undefined) return takenAlready(knocker);
    knocker.isBeingTakenIn = true;
    try {
      const given = await give(knocker);
      if ('refused' in given) return given;
      const { result, id } = given;
      const logIn = result.credential === undefined ? 'own' : 'made';
      knocker.takenIn = { id, name: result.name, by, at: this.#options.clock.now(), logIn, arrived: undefined };
      knocker.forget();
      // it comes back by itself and logs in, which shows that its credential works
      knocker.end();
      return result;
    } finally {
      knocker.isBeingTakenIn = false;
      this.#changes++;
    }
  }

  /** A device, bridge or consumer has logged in. */
  readonly letIn = (principal: string): void => {
    for (const knocker of this.#knockers.all()) {
      const { takenIn } = knocker;
      if (takenIn?.id !== principal || takenIn.arrived !== undefined) continue;
      knocker.takenIn = { ...takenIn, arrived: this.#options.clock.now() };
      this.#changes++;
    }
  };

  /** Asked by the broker about each client whose log-in is wrong. */
  readonly onKnock: OnKnock = (knock) => {
    if (this.#window === undefined) return undefined;
    const knocker = this.#knockers.knock(knock);
    this.#changes++;
    if (knocker === undefined) return undefined;
    return (client) => this.#begin(knocker, knock, client);
  };

  #begin(knocker: Knocker, knock: Parameters<OnKnock>[0], client: QuarantinedClient): KnockerEvents {
    const { clock, decoders } = this.#options;
    knocker.connected(knock, client, clock.now());
    knocker.noteWill(decoders, clock.now());
    return {
      published: (publish) => {
        knocker.published(publish, decoders, clock.now());
        knocker.ask();
        this.#changes++;
      },
      subscribed: () => knocker.ask(),
      closed: () => {
        knocker.disconnected(client, clock.now());
        this.#changes++;
      },
    };
  }

  #close(by: string): boolean {
    if (this.#window === undefined) return false;
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#window = undefined;
    this.#knockers.clear();
    this.#changes++;
    const said = by === '' ? message('gateway/pairing.ended') : message('gateway/pairing.closed-by', { by });
    this.#options.onNote({ change: 'pairing-closed', said, by });
    return true;
  }
}

function takenAlready({ takenIn }: Knocker): Refusal {
  if (takenIn === undefined) return refusal('taken-in', message('gateway/pairing.being-taken-in'));
  return refusal('taken-in', message('gateway/pairing.taken-in', { name: takenIn.name, by: takenIn.by }));
}
