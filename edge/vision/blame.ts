/**
 * Finds the model that takes the vision process down: a model may pass its trial and still crash the runtime, use up the
 * memory or hang in native code at its first real frame. Pure; supervisor.ts keeps the state, and the process names a
 * model before it runs it (messages.ts).
 *
 *   trusted ── the process ends in one of its runs ──► suspected (1, 2) ── `crashLimit` in a row ──► out
 *     ▲ ▲                                                │                                            │
 *     │ └── the process ends without it, or it has answered for a while (`proven`) ───────────────────┘
 *     └────────────────────────────── its file or card is another, the gateway starts ────────────────┘
 *
 * What counts: every unasked end of the process while a thread opened or ran the model, and each thread that hung in the
 * model for good. «In a row» means without an end that had another cause, and without half a minute of answers between.
 *
 * Always: suspects never run side by side (detectors/pool.ts), so that two models that were suspected together are told
 * apart at the next end; neither the built-in model nor one on another machine is counted; a model that is out stays out
 * of the process, so it is not counted again.
 */

/** So many ends in a row are no coincidence, and take some seconds with the supervisor's backoff. */
export const crashLimit = 3;

/** A model that is out, and why, to go on with «the model NAME …». */
export interface Ousted {
  readonly model: string;
  readonly why: string;
}

export interface Blame {
  /** ends in a row, by model; 1 and more */
  readonly suspects: Readonly<Record<string, number>>;
  readonly out: readonly Ousted[];
}

export const noBlame: Blame = { suspects: {}, out: [] };

export interface ProcessEnd {
  /** models that a thread was opening or running, other than proven ones */
  readonly running: readonly string[];
  /** a name for each thread that it let hang */
  readonly hung: readonly string[];
}

/** The process has ended unasked. */
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

/** The file or card of `model` changed: it may run again. */
export function renewed(blame: Blame, model: string): Blame {
  return { ...proven(blame, model), out: blame.out.filter((other) => other.model !== model) };
}

/** The sentence for the log and the page. */
export function standsIn({ model, why }: Ousted): string {
  return `the model "${model}" ${why}: the built-in motion model watches instead, and rules go by whatever moves; add the model again (forpost model add) or choose another`;
}

function whyOf(threads: number, count: number): string {
  return threads > 0
    ? 'hung again and again, and the vision process with it'
    : `took the vision process down ${count} times in a row`;
}
