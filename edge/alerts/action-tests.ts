/**
 * A person tests an action: the test's alarm begins, goes to this action alone, and ends a few seconds later.
 *
 *   ready ── try ──► on (the action does what it does for an alarm) ── after `onMs` ──► over ── after `restMs` ──► ready
 *                     └── stop ──► over at once
 *
 * Always: a test is marked as one wherever it shows: `test` and the rule `action-test` in the message and its topic, the
 * gateway's event, the log. It is no alarm: no list, no acknowledgement, no notification. One action is tried again only after
 * `onMs` and `restMs`.
 */
import type { Clock, Timer } from '@forpost/shared/clock.ts';
import type { GatewayData } from '@forpost/shared/event/event.ts';
import type { Logger } from '@forpost/shared/logging.ts';
import { inEnglish } from '@forpost/shared/texts/english.ts';
import type { Message } from '@forpost/shared/texts/message.ts';
import { message } from '@forpost/shared/texts/texts.ts';
import { actionTestRule } from '../rules/own-rules.ts';
import type { ActionResult, Alert } from './action.ts';

export interface ActionTestsOptions {
  /** id of the gateway: the device of the test's alarm */
  readonly gateway: string;
  readonly clock: Clock;
  readonly logger: Logger;
  /** the name for people of an action; undefined: there is none */
  readonly nameOf: (id: string) => string | undefined;
  readonly send: (id: string, alert: Alert) => Promise<ActionResult | undefined>;
  /** notes a test for the history */
  readonly note: (data: GatewayData) => void;
}

/** A tested siren sounds for this long. */
const onMs = 3_000;
const restMs = 7_000;

export type Tried = ActionResult | { readonly refused: Message; readonly why: 'unknown' | 'often' };

export class ActionTests {
  readonly #options: ActionTestsOptions;
  /** when each action was last tried, ms of the monotonic clock; bounded by the actions of the site */
  readonly #tried = new Map<string, number>();
  readonly #on = new Map<string, { readonly timer: Timer; readonly end: () => void }>();
  #count = 0;

  constructor(options: ActionTestsOptions) {
    this.#options = options;
  }

  /** Tries an action for `by`, a log-in name. Resolves with the result of its begin; the end follows by itself. */
  async run(id: string, by: string): Promise<Tried> {
    const { clock, nameOf, send } = this.#options;
    const name = nameOf(id);
    if (name === undefined) return { refused: message('gateway/answer.action-unknown', { id }), why: 'unknown' };
    const waitMs = (this.#tried.get(id) ?? Number.NEGATIVE_INFINITY) + onMs + restMs - clock.uptime();
    if (waitMs > 0) {
      const duration = { seconds: Math.ceil(waitMs / 1000) };
      return { refused: message('gateway/answer.action-too-often', { duration }), why: 'often' };
    }
    this.#forgetOld();
    this.#tried.set(id, clock.uptime());
    this.#count++;
    const test = { id, name, by, number: this.#count };
    const result = await send(id, this.#alert(test, true));
    if (result === undefined) return { refused: message('gateway/answer.action-unknown', { id }), why: 'unknown' };
    this.#endLater(test);
    this.#report(test, result);
    return result;
  }

  /** Ends the tests that are on. */
  async stop(): Promise<void> {
    for (const { timer, end } of this.#on.values()) {
      timer.cancel();
      end();
    }
    this.#on.clear();
  }

  #endLater(test: Test): void {
    const end = () => {
      this.#on.delete(test.id);
      void this.#options.send(test.id, this.#alert(test, false));
    };
    this.#on.set(test.id, { timer: this.#options.clock.after(onMs, end), end });
  }

  #report({ id, name, by }: Test, { ok, message: what }: ActionResult): void {
    const { logger, note } = this.#options;
    const tried = message('gateway/answer.action-tried', { by, name, what });
    const sentence = inEnglish(tried);
    logger.info({ action: id, by, ok, test: true }, sentence);
    note({ change: 'action-tried', message: sentence, message_i18n: tried, action: id, by, ok, test: true });
  }

  #forgetOld(): void {
    const { clock } = this.#options;
    for (const [id, at] of this.#tried) if (clock.uptime() - at > onMs + restMs) this.#tried.delete(id);
  }

  #alert({ name, by, number }: Test, active: boolean): Alert {
    const { clock, gateway } = this.#options;
    const now = clock.now();
    const sentence = active
      ? message('gateway/answer.action-test', { name, by })
      : message('gateway/answer.action-test-over', { name });
    return {
      data: {
        alarm: `${actionTestRule}/${gateway}/-/${now.toString(16)}-${number}`,
        rule: actionTestRule,
        device: gateway,
        change: active ? 'raised' : 'cleared',
        active,
        acknowledged: false,
        severity: 'info',
        category: 'test',
        message: inEnglish(sentence),
        message_i18n: sentence,
        cause: 'action-test',
        count: 1,
        test: true,
        evidence: [],
      },
      time: now,
      received: now,
      uptime: clock.uptime(),
    };
  }
}

interface Test {
  readonly id: string;
  readonly name: string;
  readonly by: string;
  readonly number: number;
}
