/**
 * Finds the model that makes the vision process end. A model may pass its trial and still crash the runtime, use up the
 * memory or hang in native code at its first real frame. Pure; trust.ts keeps the state, and the vision process names a
 * model before running it (messages.ts).
 *
 *   trusted ── the process ends in one of its runs ──► suspected (1, 2) ── `crashLimit` in a row ──► out
 *     ▲ ▲                                                │                                            │
 *     │ └── the process ends without it, or it has answered for a while (`proven`) ───────────────────┘
 *     └────────────────────────────── its file or card changed, or the gateway starts ────────────────┘
 *
 * Counted: every unexpected end of the process while a thread opened or ran the model, and each thread that hung in the
 * model for good. «In a row» means without an end of another cause and without half a minute of answers in between.
 *
 * Always: suspects never run at the same time (detectors/pool.ts), so that the next end shows which of two suspects it
 * was; the built-in model and models on other machines are not counted; a model that is out does not run, so it is not
 * counted again.
 */

import { type Words, words } from '@forpost/shared/texts/english.ts';

/** This many ends in a row are no coincidence; with the supervisor's backoff they take some seconds. */
export const crashLimit = 3;

/** A model that is out; `why` continues a sentence that begins «the model NAME …». */
export interface Ousted {
  readonly model: string;
  readonly why: Words;
}

export interface Blame {
  /** ends in a row, by model; 1 and more */
  readonly suspects: Readonly<Record<string, number>>;
  readonly out: readonly Ousted[];
}

export const noBlame: Blame = { suspects: {}, out: [] };

export interface ProcessEnd {
  /** unproven models that a thread was opening or running */
  readonly running: readonly string[];
  /** the model of each thread that hung, one entry per thread */
  readonly hung: readonly string[];
}

/** The process ended unexpectedly. */
export function ended(blame: Blame, { running, hung }: ProcessEnd): Blame {
  const suspects: Record<string, number> = {};
  const out = [...blame.out];
  for (const model of new Set([...running, ...hung])) {
    const threads = hung.filter((name) => name === model).length;
    const count = (blame.suspects[model] ?? 0) + Math.max(1, threads);
    if (count < crashLimit) suspects[model] = count;
    else if (out.every((other) => other.model !== model)) out.push({ model, why: whyOf(threads, count) });
  }
  return { suspects, out };
}

/** `model` has answered for a while. */
export function proven(blame: Blame, model: string): Blame {
  const { [model]: _, ...suspects } = blame.suspects;
  return { ...blame, suspects };
}

/** The file or card of `model` changed: the model may run again. */
export function renewed(blame: Blame, model: string): Blame {
  return { ...proven(blame, model), out: blame.out.filter((other) => other.model !== model) };
}

/** The sentence for the log and the page. */
export function standsIn({ model, why }: Ousted): Words {
  return words('gateway/reason.model-out', { model, what: why });
}

function whyOf(threads: number, count: number): Words {
  return threads > 0 ? words('gateway/reason.model-hangs') : words('gateway/reason.model-crashes', { count });
}
