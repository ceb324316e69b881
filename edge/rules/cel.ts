/**
 * Conditions in CEL (the Common Expression Language): compiled and type-checked once, at load, so that a wrong one
 * stops the start with the character that is wrong, and evaluated in well under a microsecond.
 *
 * Always: an expression is bounded in size, sees only the variables named here, and cannot call out; what an evaluation
 * costs is bounded (cost.ts); its patterns are RE2's (patterns.ts); it is true only where it says true.
 */

import { suggestion } from '@forpost/shared/config/nearest.ts';
import { messageOf } from '@forpost/shared/errors.ts';
import type { Value } from '@forpost/shared/event/event.ts';
import { Environment, EvaluationError, type ParseResult } from '@marcbachmann/cel-js';
import { type KnowsClockError, rightClock } from './clock-error.ts';
import { CostError, type Meter, meterOf, ownPatterns, type SyntaxNode } from './cost.ts';
import { compilePattern } from './patterns.ts';

/** Variables by what a condition is about, with their CEL types. */
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
  /** somebody in a zone */
  scene: { ...time, device: 'string', zone: 'string', ...thing },
  /** somebody over a line */
  crossing: { ...time, device: 'string', line: 'string', to: 'string', ...thing },
  /** a zone as a whole */
  zone: { ...time, device: 'string', zone: 'string', count: 'int' },
} as const;
export type Subject = keyof typeof variables;

/** The variables of a condition by its subject, with their CEL types, for the reference. */
export const conditionVariables: Readonly<Record<Subject, Readonly<Record<string, string>>>> = variables;

/** What a condition is evaluated on; `now`: ms since 1970. A key that its subject has not is left out. */
export interface Facts {
  readonly now: number;
  readonly device: string;
  readonly channel?: string;
  readonly metric?: string;
  readonly value?: number;
  readonly values?: Readonly<Record<string, Value>>;
  readonly zone?: string;
  readonly line?: string;
  /** the side of the line that it is on now */
  readonly to?: string;
  readonly class?: string;
  readonly score?: number;
  readonly track?: number;
  /** of the box, parts of the picture */
  readonly width?: number;
  readonly height?: number;
  readonly count?: number;
}

const integers: readonly string[] = ['track', 'count'];

/** Nodes of a syntax tree; a condition that people write has some twenty. */
const mostNodes = 500;
const mostLetters = 2000;

/** One environment for each subject, made on first use: registering the operators takes a while. */
const environments = new Map<Subject, Environment>();

function environment(subject: Subject): Environment {
  const made = environments.get(subject);
  if (made !== undefined) return made;
  const env = new Environment({ limits: { maxAstNodes: mostNodes, maxDepth: 50 } });
  // CEL has no arithmetic between int and double; `value * 2` is what people write
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
  // CEL has it as a function and as a method, the library as a method only; both are run by cost.ts
  env.registerFunction('matches(string, string): bool', (text: string, pattern: string) =>
    compilePattern(pattern).test(text),
  );
  for (const [name, type] of Object.entries(variables[subject])) env.registerVariable(name, type);
  environments.set(subject, env);
  return env;
}

/** What is wrong with an expression, and at which character of it. */
export interface ConditionProblem {
  readonly message: string;
  readonly offset: number;
}

/** Whether `expression` is a condition on `subject`: undefined where it is. */
export function checkCondition(expression: string, subject: Subject): ConditionProblem | undefined {
  if (expression.length > mostLetters) return { message: `longer than ${mostLetters} letters`, offset: 0 };
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
      message: `is ${type === 'int' || type === 'double' ? 'a number' : `of type ${type}`}, not true or false`,
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
 * The syntax tree of an expression, and the CEL types of the variables it may read: for what looks at a condition
 * without evaluating it. @throws Error where the expression is not CEL
 */
export function syntaxTree(
  expression: string,
  subject: Subject,
): { readonly tree: SyntaxNode; readonly variables: Readonly<Record<string, string>> } {
  const parsed = environment(subject).parse(expression);
  parsed.check();
  return { tree: treeOf(parsed), variables: variables[subject] };
}

/** The syntax tree of a parsed expression, whose types the library does not tell. */
function treeOf(parsed: ParseResult): SyntaxNode {
  return parsed.ast as unknown as SyntaxNode;
}

function explained(error: unknown, expression: string, subject: Subject): ConditionProblem {
  const { summary, range } = error as { readonly summary?: string; readonly range?: { readonly start: number } };
  const offset = range?.start ?? 0;
  const unknown = /^Unknown variable: (\w+)/.exec(summary ?? '')?.[1];
  const hint = unknown === undefined ? '' : suggestion(unknown, Object.keys(variables[subject]));
  const line = expression.slice(expression.lastIndexOf('\n', offset - 1) + 1).split('\n')[0] ?? '';
  const column = offset - (expression.lastIndexOf('\n', offset - 1) + 1);
  const caret = `\n    ${line}\n    ${' '.repeat(column)}^`;
  return { message: `${summary ?? messageOf(error)}${hint}${caret}`, offset };
}

/** A compiled condition of one rule. */
export class Condition {
  readonly #run: ParseResult;
  /** undefined: its own length bounds what it costs */
  readonly #meter: Meter | undefined;
  readonly #time: LocalTime;
  readonly #clockError: KnowsClockError;
  readonly #names: readonly string[];
  /** all times of a week that the expression can tell apart */
  readonly #times: readonly TimeOfWeek[];

  /** @throws Error where `checkCondition` finds something */
  constructor(expression: string, subject: Subject, time: LocalTime, clockError: KnowsClockError = () => rightClock) {
    this.#run = environment(subject).parse(expression);
    const { valid, error } = this.#run.check();
    if (!valid) throw error ?? new Error(`${expression} is no condition`);
    this.#meter = meterOf(treeOf(this.#run));
    this.#time = time;
    this.#clockError = clockError;
    this.#names = Object.keys(variables[subject]);
    this.#times = timesOf(expression);
  }

  /**
   * Whether it holds. A key that is not there makes it false; where nobody knows the true time it holds if it would at
   * any. @throws CostError, and Error on any other failure
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
   * Whether it holds at one of the possible times; an evaluation that costs too much counts as yes: it suppresses no
   * alarm.
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

/** A mention within a text costs time and changes nothing. */
function timesOf(expression: string): readonly TimeOfWeek[] {
  const from = (first: number, count: number, name: string) =>
    new RegExp(`\\b${name}\\b`).test(expression)
      ? Array.from({ length: count }, (_, n) => BigInt(first + n))
      : [BigInt(first)];
  const [hours, minutes, weekdays] = [from(0, 24, 'hour'), from(0, 60, 'minute'), from(1, 7, 'weekday')];
  return hours.flatMap((hour) => weekdays.flatMap((weekday) => minutes.map((minute) => ({ hour, minute, weekday }))));
}

/** Whether a condition asks for the time of day or the day of the week. */
export function asksForTime(expression: string): boolean {
  return timesOf(expression).length > 1;
}

/** Hour, minute and weekday of a time zone. One look into the zone's table a minute: Intl costs microseconds. */
export class LocalTime {
  readonly #format: Intl.DateTimeFormat;
  #minuteOf = Number.NaN;
  #parts = { hour: 0n, minute: 0n, weekday: 1n };

  /** @throws RangeError of a time zone that nobody knows */
  constructor(timezone: string) {
    this.#format = new Intl.DateTimeFormat('en-GB', {
      timeZone: timezone,
      hour: '2-digit',
      minute: '2-digit',
      weekday: 'short',
      hourCycle: 'h23',
    });
  }

  /** `weekday`: 1 = Monday … 7 = Sunday (ISO 8601). Integers of CEL are bigints. */
  at(now: number): TimeOfWeek {
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
