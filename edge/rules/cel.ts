/**
 * Conditions in CEL (the Common Expression Language). They are compiled and type-checked once, at load: a wrong one
 * prevents the start, and the problem names its wrong character. An evaluation takes well under a microsecond.
 *
 * Always: an expression is bounded in size, reads only the variables below, and has no effects; the cost of an evaluation
 * is bounded (cost.ts); patterns are RE2's (patterns.ts); only the result `true` makes a condition hold.
 */

import { withSuggestion } from '@forpost/shared/config/nearest.ts';
import { messageOf } from '@forpost/shared/errors.ts';
import type { Value } from '@forpost/shared/event/event.ts';
import { type Words, words } from '@forpost/shared/texts/english.ts';
import { Environment, EvaluationError, type ParseResult } from '@marcbachmann/cel-js';
import { type KnowsClockError, rightClock } from './clock-error.ts';
import { CostError, type Meter, meterOf, ownPatterns, type SyntaxNode } from './cost.ts';
import { compilePattern } from './patterns.ts';

/** Variables by subject of the condition, with their CEL types. */
const time = { hour: 'int', minute: 'int', weekday: 'int' } as const;
const thing = { class: 'string', score: 'double', track: 'int', width: 'double', height: 'double' } as const;
const variables = {
  reading: {
    ...time,
    device: 'string',
    channel: 'string',
    metric: 'string',
    value: 'double',
    values: 'map<string, dyn>',
  },
  silence: { ...time, device: 'string' },
  /** a thing in a zone */
  scene: { ...time, device: 'string', zone: 'string', ...thing },
  /** a thing that crosses a line */
  crossing: { ...time, device: 'string', line: 'string', to: 'string', ...thing },
  /** a zone as a whole */
  zone: { ...time, device: 'string', zone: 'string', count: 'int' },
} as const;
export type Subject = keyof typeof variables;

/** The variables of a condition by its subject, with their CEL types, for the reference. */
export const conditionVariables: Readonly<Record<Subject, Readonly<Record<string, string>>>> = variables;

/** The values of a condition's variables; `now`: ms since 1970. A key that the subject does not have is absent. */
export interface Facts {
  readonly now: number;
  readonly device: string;
  readonly channel?: string;
  readonly metric?: string;
  readonly value?: number;
  readonly values?: Readonly<Record<string, Value>>;
  readonly zone?: string;
  readonly line?: string;
  /** the side of the line that the thing came to */
  readonly to?: string;
  readonly class?: string;
  readonly score?: number;
  readonly track?: number;
  /** of the thing's box, as a part of the picture, 0 to 1 */
  readonly width?: number;
  readonly height?: number;
  readonly count?: number;
}

const integers: readonly string[] = ['track', 'count'];

/** The most nodes of a syntax tree; people write conditions of some twenty. */
const mostNodes = 500;
const mostLetters = 2000;

/** One environment for each subject, made on first use: registering the operators takes a while. */
const environments = new Map<Subject, Environment>();

function environment(subject: Subject): Environment {
  const made = environments.get(subject);
  if (made !== undefined) return made;
  const env = new Environment({ limits: { maxAstNodes: mostNodes, maxDepth: 50 } });
  // CEL has no arithmetic between int and double, but people write `value * 2`
  const arithmetic: readonly [string, (a: number, b: number) => number][] = [
    ['+', (a, b) => a + b],
    ['-', (a, b) => a - b],
    ['*', (a, b) => a * b],
    ['/', (a, b) => a / b],
  ];
  for (const [sign, run] of arithmetic) {
    env.registerOperator(`double ${sign} int: double`, (a: number, b: bigint) => run(a, Number(b)));
    env.registerOperator(`int ${sign} double: double`, (a: bigint, b: number) => run(Number(a), b));
  }
  // CEL has matches() as a function and as a method, the library only as a method; cost.ts runs both
  env.registerFunction('matches(string, string): bool', (text: string, pattern: string) =>
    compilePattern(pattern).test(text),
  );
  for (const [name, type] of Object.entries(variables[subject])) env.registerVariable(name, type);
  environments.set(subject, env);
  return env;
}

/** An error of an expression, with the position of the wrong character. */
export interface ConditionProblem {
  /** what is wrong; words of the CEL library too, which the part `foreign` has */
  readonly message: string;
  /** the wrong line of the expression, and a caret under the wrong character */
  readonly mark?: { readonly line: string; readonly caret: string };
  readonly offset: number;
}

/** The error of a condition on `subject`; undefined where it has none. */
export function checkCondition(expression: string, subject: Subject): ConditionProblem | undefined {
  if (expression.length > mostLetters)
    return { message: words('mistake/condition.long', { count: String(mostLetters) }), offset: 0 };
  let parsed: ParseResult;
  try {
    parsed = environment(subject).parse(expression);
  } catch (error) {
    return explained(error, expression, subject);
  }
  const { valid, type, error } = parsed.check();
  if (!valid) return explained(error, expression, subject);
  if (type !== 'bool' && type !== 'dyn')
    return {
      message:
        type === 'int' || type === 'double'
          ? words('mistake/condition.number')
          : words('mistake/condition.type', { type: `${type}` }),
      offset: 0,
    };
  for (const { pattern, offset } of ownPatterns(treeOf(parsed)))
    try {
      compilePattern(pattern);
    } catch (error) {
      return { message: messageOf(error), offset };
    }
  return undefined;
}

/**
 * The syntax tree of an expression, and the CEL types of its variables, for analysing a condition without evaluating it.
 * @throws Error where the expression is not CEL
 */
export function syntaxTree(
  expression: string,
  subject: Subject,
): { readonly tree: SyntaxNode; readonly variables: Readonly<Record<string, string>> } {
  const parsed = environment(subject).parse(expression);
  parsed.check();
  return { tree: treeOf(parsed), variables: variables[subject] };
}

/** The syntax tree of a parsed expression; the library does not export its types. */
function treeOf(parsed: ParseResult): SyntaxNode {
  return parsed.ast as unknown as SyntaxNode;
}

function explained(error: unknown, expression: string, subject: Subject): ConditionProblem {
  const { summary, range } = error as { readonly summary?: string; readonly range?: { readonly start: number } };
  const offset = range?.start ?? 0;
  const unknown = /^Unknown variable: (\w+)/.exec(summary ?? '')?.[1];
  const line = expression.slice(expression.lastIndexOf('\n', offset - 1) + 1).split('\n')[0] ?? '';
  const column = offset - (expression.lastIndexOf('\n', offset - 1) + 1);
  const said = summary ?? messageOf(error);
  const message =
    unknown === undefined ? said : withSuggestion(said as Words, unknown, Object.keys(variables[subject]));
  return { message, mark: { line, caret: `${' '.repeat(column)}^` }, offset };
}

/** A compiled condition of one rule. */
export class Condition {
  readonly #run: ParseResult;
  /** undefined where the expression's length bounds the cost */
  readonly #meter: Meter | undefined;
  readonly #time: LocalTime;
  readonly #clockError: KnowsClockError;
  readonly #names: readonly string[];
  /** all times of a week that the expression can distinguish */
  readonly #times: readonly TimeOfWeek[];

  /** @throws Error where `checkCondition` finds an error */
  constructor(expression: string, subject: Subject, time: LocalTime, clockError: KnowsClockError = () => rightClock) {
    this.#run = environment(subject).parse(expression);
    const { valid, error } = this.#run.check();
    if (!valid) throw error ?? new Error(`${expression} is not a condition`);
    this.#meter = meterOf(treeOf(this.#run));
    this.#time = time;
    this.#clockError = clockError;
    this.#names = Object.keys(variables[subject]);
    this.#times = timesOf(expression);
  }

  /**
   * Whether the condition holds. A missing key makes it false. While the true time is unknown, the condition holds if it
   * would hold at any time. @throws CostError, and Error on any other failure
   */
  holds(facts: Facts): boolean {
    const error = this.#clockError();
    if (error === undefined) return this.#holdsAtAny(this.#times, facts);
    const { shiftMs, withinMs } = error;
    const now = facts.now + shiftMs;
    if (withinMs < minuteMs || this.#times.length === 1) return this.#holdsAt(this.#time.at(now), facts);
    return this.#holdsAtAny(
      [now - withinMs, now, now + withinMs].map((time) => this.#time.at(time)),
      facts,
    );
  }

  /**
   * Whether the condition holds at one of the possible times. An evaluation that costs too much counts as true, so that
   * it suppresses no alarm.
   */
  #holdsAtAny(times: readonly TimeOfWeek[], facts: Facts): boolean {
    for (const time of times)
      try {
        if (this.#holdsAt(time, facts)) return true;
      } catch (error) {
        if (!(error instanceof CostError) || times.length === 1) throw error;
        return true;
      }
    return false;
  }

  #holdsAt({ hour, minute, weekday }: TimeOfWeek, facts: Facts): boolean {
    const context: Record<string, unknown> = { hour, minute, weekday };
    for (const name of this.#names) {
      const value = facts[name as keyof Facts];
      if (value !== undefined) context[name] = integers.includes(name) ? BigInt(value as number) : value;
      else if (name === 'channel') context[name] = '';
    }
    return this.#meter === undefined ? this.#evaluate(context) : this.#pay(this.#meter, facts, context);
  }

  #evaluate(context: Record<string, unknown>): boolean {
    try {
      return this.#run(context) === true;
    } catch (error) {
      if (error instanceof EvaluationError && error.code === 'no_such_key') return false;
      throw error;
    }
  }

  #pay(meter: Meter, { device, now }: Facts, context: Record<string, unknown>): boolean {
    meter.begin(device, now);
    let holds = false;
    let failure: unknown;
    try {
      holds = this.#evaluate(context);
    } catch (error) {
      failure = error;
    }
    failure = meter.end(device) ?? failure;
    if (failure !== undefined) throw failure;
    return holds;
  }
}

const minuteMs = 60_000;

interface TimeOfWeek {
  readonly hour: bigint;
  readonly minute: bigint;
  readonly weekday: bigint;
}

/** The times that an expression can distinguish. A variable's name within a string adds times, but changes no result. */
function timesOf(expression: string): readonly TimeOfWeek[] {
  const from = (first: number, count: number, name: string) =>
    new RegExp(`\\b${name}\\b`).test(expression)
      ? Array.from({ length: count }, (_, n) => BigInt(first + n))
      : [BigInt(first)];
  const [hours, minutes, weekdays] = [from(0, 24, 'hour'), from(0, 60, 'minute'), from(1, 7, 'weekday')];
  return hours.flatMap((hour) => weekdays.flatMap((weekday) => minutes.map((minute) => ({ hour, minute, weekday }))));
}

/** Whether a condition reads the time of day or the day of the week. */
export function asksForTime(expression: string): boolean {
  return timesOf(expression).length > 1;
}

/** Hour, minute and weekday in a time zone. Cached for each minute, because Intl costs microseconds. */
export class LocalTime {
  readonly #timezone: () => string;
  #zone: string;
  #format: Intl.DateTimeFormat;
  #minuteOf = Number.NaN;
  #parts = { hour: 0n, minute: 0n, weekday: 1n };

  /** `timezone`: IANA, or a function that says which one it is now. @throws RangeError for an unknown time zone */
  constructor(timezone: string | (() => string)) {
    this.#timezone = typeof timezone === 'string' ? () => timezone : timezone;
    this.#zone = this.#timezone();
    this.#format = formatOf(this.#zone);
  }

  /** `weekday`: 1 = Monday … 7 = Sunday (ISO 8601). Integers of CEL are bigints. */
  at(now: number): TimeOfWeek {
    const zone = this.#timezone();
    if (zone !== this.#zone) {
      this.#zone = zone;
      this.#format = formatOf(zone);
      this.#minuteOf = Number.NaN;
    }
    const minuteOf = Math.floor(now / 60_000);
    if (minuteOf !== this.#minuteOf) {
      const parts = Object.fromEntries(this.#format.formatToParts(now).map((part) => [part.type, part.value]));
      const weekday = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'].indexOf(parts.weekday ?? '') + 1;
      this.#parts = { hour: BigInt(parts.hour ?? 0), minute: BigInt(parts.minute ?? 0), weekday: BigInt(weekday) };
      this.#minuteOf = minuteOf;
    }
    return this.#parts;
  }
}

function formatOf(timeZone: string): Intl.DateTimeFormat {
  const parts = { hour: '2-digit', minute: '2-digit', weekday: 'short', hourCycle: 'h23' } as const;
  return new Intl.DateTimeFormat('en-GB', { timeZone, ...parts });
}
