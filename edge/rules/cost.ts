/**
 * Bounds the cost of evaluating a condition. Comprehensions, growing texts and lists, and searches in texts can take any
 * time: four nested `all()` over 200 values are 1.6 billion steps. An expression with one of these is metered: each node
 * of its syntax tree pays before it runs, by the size of its operands. The cost of any other expression is bounded by its
 * length, and it runs unmetered.
 *
 *   evaluation ── pays ──► enough left: runs on ── not ──► every further node fails at once ──► CostError
 *
 * Always: an evaluation costs at most `mostSteps`, some 2 ms. All evaluations of one rule for one device cost at most
 * `stepsPerSecond`, after a burst of `burstSteps`; each device has a share of its own. A text, list or byte string has at
 * most `mostItems` items. No other rule is affected.
 *
 * `all()`, `exists()`, `||` and `&&` continue after an error of one side, so one thrown error would not end them. After
 * the first refusal every further payment throws, and `end` returns the refusal whatever the result was.
 */
import { words } from '@forpost/shared/texts/english.ts';
import { type Pattern, Patterns } from './patterns.ts';

/** A step is one node of the syntax tree, some 50 ns. */
const mostSteps = 20_000;
const stepsPerSecond = 200_000;
const burstSteps = 100_000;
/** Items of one text, list or byte string within an evaluation; the texts of a reading have 1,000 letters at most. */
const mostItems = 10_000;
/** People write durations of ten letters; the time of the library's parser grows with the cube of the length. */
const longestDuration = 64;
/** Levels in a result of `bytes.json()`: the library keeps each combination of types for ever. */
const deepestJson = 8;
/** The cost of a local time in another zone: the library formats and parses it, some 25 µs. */
const zoneSteps = 500;
/** The cost of an error after which all(), exists(), || or && continue: the library builds a message, 7 µs. */
const errorSteps = 150;
/** The cost of compiling one letter of a pattern from a reading. */
const compileSteps = 20;

export class CostError extends Error {}

interface Evaluator {
  readonly [key: string]: unknown;
}

/** The fields of the library's syntax tree that are used here; checked when an expression is metered. */
export interface SyntaxNode {
  readonly op: string;
  readonly args: unknown;
  readonly meta: {
    readonly alternate?: SyntaxNode;
    readonly macro?: Macro;
    readonly evaluate: Evaluate;
  };
  readonly start: number;
  readonly checkedType?: { readonly name: string };
  readonly receiverWithArgs?: readonly SyntaxNode[];
  readonly handle?: (...args: unknown[]) => unknown;
  evaluate: Evaluate;
}

type Evaluate = (evaluator: Evaluator, node: unknown, context: unknown) => unknown;

interface Macro {
  readonly evaluate: Evaluate;
  readonly val?: unknown;
  readonly exp?: unknown;
}

interface Share {
  left: number;
  /** ms since 1970 of the newest evaluation */
  at: number;
}

/** Functions whose cost is bounded by the expression's length. */
const cheapCalls: ReadonlySet<string> = new Set(
  'bool double int uint type dyn string size startsWith endsWith has'.split(' '),
);
const numbers: ReadonlySet<string> = new Set(['int', 'uint', 'double']);
/** Operators and calls that read all of their operands. */
const readers: ReadonlySet<string> = new Set(['==', '!=', 'in', '+', '<', '<=', '>', '>=', 'call', 'rcall']);
const comparisons: ReadonlySet<string> = new Set(['==', '!=', 'in']);
const searches: ReadonlySet<string> = new Set(['contains', 'indexOf', 'lastIndexOf', 'split']);

/** Counts the steps of one condition's evaluations. */
export class Meter {
  readonly #shares = new Map<string, Share>();
  readonly #tooDear = new CostError(words('gateway/problem.condition-steps', { steps: mostSteps }));
  readonly patterns: Patterns;
  #left = 0;
  #failure: CostError | undefined;

  constructor(patterns: Patterns) {
    this.patterns = patterns;
  }

  /** Begins an evaluation. `now`: ms since 1970; only the time since the last call matters. @throws CostError */
  begin(device: string, now: number): void {
    const share = this.#shares.get(device) ?? { left: burstSteps, at: now };
    this.#shares.set(device, share);
    const passedMs = Math.max(0, now - share.at);
    share.at = now;
    share.left = Math.min(burstSteps, share.left + (passedMs * stepsPerSecond) / 1000);
    if (share.left <= 0)
      throw new CostError(words('gateway/problem.condition-share', { device, steps: stepsPerSecond }));
    this.#left = mostSteps;
    this.#failure = undefined;
  }

  /** Ends an evaluation, also a failed one. Returns the refusal because of which its result is invalid, if any. */
  end(device: string): CostError | undefined {
    const share = this.#shares.get(device);
    if (share !== undefined) share.left -= mostSteps - Math.max(0, this.#left);
    return this.#failure;
  }

  /** @throws CostError */
  pay(steps: number): void {
    this.#left -= steps;
    if (this.#left < 0 || this.#failure !== undefined) throw this.fail(this.#tooDear);
  }

  /** Pays for reading all of a value. @throws CostError */
  payFor(value: unknown): void {
    if (typeof value === 'string') this.#payItems(value.length, 32);
    else if (Array.isArray(value) || value instanceof Uint8Array) this.#payItems(value.length, 4);
    else if (isPlain(value)) this.#payItems(Object.keys(value).length, 4);
  }

  /** Pays for comparing a value with another one: for all nested items. @throws CostError */
  payDeep(value: unknown): void {
    this.payFor(value);
    if (typeof value !== 'object' || value === null) return;
    for (const item of Array.isArray(value) ? value : isPlain(value) ? Object.values(value) : []) this.payDeep(item);
  }

  fail(error: CostError): CostError {
    this.#failure ??= error;
    return this.#failure;
  }

  #payItems(items: number, itemsPerStep: number): void {
    if (items > mostItems)
      throw this.fail(new CostError(words('gateway/problem.condition-items', { count: mostItems })));
    this.pay(items / itemsPerStep);
  }
}

/** Whether evaluations of a checked expression must be metered: its length alone does not bound their cost. */
export function isMetered(root: SyntaxNode): boolean {
  const nodes = new Set<SyntaxNode>();
  collect(root, nodes);
  return [...nodes].some(isDear);
}

/** Attaches a meter to a checked expression and returns it; undefined where the expression's length bounds its cost. */
export function meterOf(root: SyntaxNode): Meter | undefined {
  if (!isMetered(root)) return undefined;
  const nodes = new Set<SyntaxNode>();
  collect(root, nodes);
  const list = [...nodes];
  const meter = new Meter(new Patterns(ownPatterns(root).map(({ pattern }) => pattern)));
  const read = new Map<SyntaxNode, 'all' | 'deep'>();
  for (const node of list) for (const [operand, how] of operandsOf(node)) read.set(operand, how);
  for (const node of list) attach(node, meter, read.get(node));
  for (const node of list) for (const tried of triedBy(node)) payForErrors(tried, meter);
  return meter;
}

/** The patterns of `matches` that are literals of the expression. */
export function ownPatterns(root: SyntaxNode): readonly { readonly pattern: string; readonly offset: number }[] {
  const nodes = new Set<SyntaxNode>();
  collect(root, nodes);
  return [...nodes].flatMap((node) => {
    if (nameOf(node) !== 'matches') return [];
    const pattern = callArguments(node).at(-1);
    return pattern?.op === 'value' && typeof pattern.args === 'string'
      ? [{ pattern: pattern.args, offset: pattern.start }]
      : [];
  });
}

function collect(value: unknown, into: Set<SyntaxNode>): void {
  if (Array.isArray(value)) for (const item of value) collect(item, into);
  if (!isNode(value) || into.has(value)) return;
  into.add(value);
  const { alternate, macro, evaluate } = value.meta;
  if (typeof evaluate !== 'function')
    throw new Error('cannot meter a condition: this version of the CEL library evaluates in another way');
  collect(alternate, into);
  collect([macro?.val, macro?.exp], into);
  collect(value.args, into);
  const { iterable, init, step } = comprehension(value) ?? {};
  collect([iterable, init, step], into);
}

function isNode(value: unknown): value is SyntaxNode {
  return typeof value === 'object' && value !== null && 'op' in value && 'meta' in value && 'evaluate' in value;
}

function comprehension(
  node: SyntaxNode,
): { readonly iterable?: unknown; readonly init?: unknown; readonly step?: unknown } | undefined {
  return node.op === 'comprehension' && typeof node.args === 'object' && node.args !== null ? node.args : undefined;
}

/** The function's name of a call; undefined for another node. */
function nameOf(node: SyntaxNode): string | undefined {
  if ((node.op !== 'call' && node.op !== 'rcall') || !Array.isArray(node.args)) return undefined;
  return typeof node.args[0] === 'string' ? node.args[0] : undefined;
}

function callArguments(node: SyntaxNode): readonly SyntaxNode[] {
  if (!Array.isArray(node.args)) return [];
  return (node.op === 'rcall' ? [node.args[1], ...node.args[2]] : node.args[1]).filter(isNode);
}

function isDear(node: SyntaxNode): boolean {
  if (node.op === 'comprehension' || node.meta.macro?.exp !== undefined) return true;
  const name = nameOf(node);
  if (name !== undefined) return node.meta.alternate === undefined && !cheapCalls.has(name);
  return node.op === '+' && !numbers.has(node.checkedType?.name ?? '');
}

function operandsOf(node: SyntaxNode): readonly [SyntaxNode, 'all' | 'deep'][] {
  const { iterable } = comprehension(node) ?? {};
  if (isNode(iterable)) return [[iterable, 'all']];
  if (!readers.has(node.op)) return [];
  const operands = nameOf(node) === undefined ? [node.args].flat().filter(isNode) : callArguments(node);
  return operands.map((operand) => [operand, comparisons.has(node.op) ? 'deep' : 'all']);
}

/** Operands after whose error the node continues. */
function triedBy(node: SyntaxNode): readonly SyntaxNode[] {
  const tried = node.op === '||' || node.op === '&&' ? [node.args].flat()[0] : comprehension(node)?.step;
  return isNode(tried) ? [tried] : [];
}

function payForErrors(node: SyntaxNode, meter: Meter): void {
  const run = node.evaluate;
  node.evaluate = (evaluator, self, context) => {
    try {
      return run(evaluator, self, context);
    } catch (error) {
      meter.pay(errorSteps);
      throw error;
    }
  };
}

/** Makes a node pay before it runs, and for its whole result where another node reads it. */
function attach(node: SyntaxNode, meter: Meter, read: 'all' | 'deep' | undefined): void {
  const run = runOf(node, meter);
  if (read === undefined)
    node.evaluate = (evaluator, self, context) => {
      meter.pay(1);
      return run(evaluator, self, context);
    };
  else
    node.evaluate = (evaluator, self, context) => {
      meter.pay(1);
      const value = run(evaluator, self, context);
      if (typeof value === 'object' || typeof value === 'string')
        if (read === 'deep') meter.payDeep(value);
        else meter.payFor(value);
      return value;
    };
}

/** The evaluation of the node itself, as the library chooses it at the first call. */
function runOf(node: SyntaxNode, meter: Meter): Evaluate {
  const { alternate, macro, evaluate } = node.meta;
  if (alternate !== undefined) return (evaluator, _self, context) => alternate.evaluate(evaluator, alternate, context);
  if (macro !== undefined) return (evaluator, _self, context) => macro.evaluate(evaluator, macro, context);
  const name = nameOf(node);
  return name === undefined ? evaluate : callOf(node, name, meter);
}

function callOf(node: SyntaxNode, name: string, meter: Meter): Evaluate {
  const { handle } = node;
  if (handle === undefined)
    throw new Error('cannot meter a condition: this version of the CEL library calls functions in another way');
  const operands = callArguments(node);
  return (evaluator, _self, context) => {
    const values = operands.map((operand) => operand.evaluate(evaluator, operand, context));
    const [text, other] = values;
    if (name === 'matches' && typeof text === 'string' && typeof other === 'string') return matches(text, other, meter);
    payCall(name, values, meter);
    // the library passes the node as second argument to functions, as third to methods
    return node.op === 'rcall' ? handle(values, evaluator, node) : handle(values, node, evaluator);
  };
}

function matches(text: string, pattern: string, meter: Meter): boolean {
  const compiled: Pattern = meter.patterns.get(pattern, (letters) => meter.pay(letters * compileSteps));
  meter.pay((compiled.size * text.length) / 8);
  return compiled.test(text);
}

/** Meters the functions that cost more than the size of their operands. @throws CostError */
function payCall(name: string, values: readonly unknown[], meter: Meter): void {
  const [first, second] = values;
  if (searches.has(name) && typeof first === 'string' && typeof second === 'string')
    meter.pay((first.length * second.length) / 256);
  else if (name === 'join' && Array.isArray(first)) {
    const between = typeof second === 'string' ? second.length : 0;
    let letters = between * first.length;
    for (const item of first) letters += typeof item === 'string' ? item.length : 0;
    payLetters(letters, meter);
  } else if (name === 'duration' && typeof first === 'string' && first.length > longestDuration)
    throw meter.fail(new CostError(words('gateway/problem.duration-long', { count: longestDuration })));
  else if (name === 'json' && first instanceof Uint8Array) {
    if (depth(first) > deepestJson)
      throw meter.fail(new CostError(words('gateway/problem.json-deep', { count: deepestJson })));
    meter.pay(first.length);
  } else if (name.startsWith('get') && typeof second === 'string') meter.pay(zoneSteps);
}

function payLetters(letters: number, meter: Meter): void {
  if (letters > mostItems) throw meter.fail(new CostError(words('gateway/problem.join-long', { count: mostItems })));
  meter.pay(letters / 32);
}

/** An upper bound of the JSON's levels: brackets within strings count too. */
function depth(json: Uint8Array): number {
  let level = 0;
  let deepest = 0;
  for (const byte of json)
    if (byte === 0x5b || byte === 0x7b) deepest = Math.max(deepest, ++level);
    else if (byte === 0x5d || byte === 0x7d) level--;
  return deepest;
}

function isPlain(value: unknown): value is Record<string, unknown> {
  return (
    typeof value === 'object' && value !== null && (value.constructor === Object || value.constructor === undefined)
  );
}
