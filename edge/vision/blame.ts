/**
 * Which model takes the vision process down: a model may pass its trial and still crash the runtime, eat the memory or
 * hang in native code at its first real frame. Pure; vision/supervisor.ts keeps the state, the process itself says
 * what it runs before it runs it (messages.ts).
 *
 *   trusted ── the process ends in one of its runs ──► suspected (1, 2) ── `crashLimit` in a row ──► out
 *     ▲ ▲                                                │                                            │
 *     │ └── the process ends without it, or it has answered for a while (`proven`) ───────────────────┘
 *     └────────────────────────────── its file or card is another, the gateway starts ────────────────┘
 *
 * What counts: every end of the process that the gateway did not ask for while a thread opened or ran the model, and
 * each thread that the model let hang for good. In a row: no end without it, and no half minute of answers between.
 *
 * Always: suspects never run side by side (detectors/pool.ts), so that after a first end that was two models' the next
 * one has one name; only a model that runs here is counted, never the built-in one and none on another box; what is
 * out stays out of the process, so it is never counted again.
 */

/** So many ends in a row are no chance any more, and with the supervisor's backoff some seconds. */
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

/** The process has ended and nobody had asked for it. */
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

/** `model` is another one now: it may show what it can. */
export function renewed(blame: Blame, model: string): Blame {
  return { ...proven(blame, model), out: blame.out.filter((other) => other.model !== model) };
}

/** What the log and the page say, in an installer's words. */
export function standsIn({ model, why }: Ousted): string {
  return `the model "${model}" ${why}: the built-in motion model watches instead, and rules go by whatever moves; add the model again (forpost model add) or choose another`;
}

function whyOf(threads: number, count: number): string {
  return threads > 0
    ? 'hung again and again, and the vision process with it'
    : `took the vision process down ${count} times in a row`;
}
