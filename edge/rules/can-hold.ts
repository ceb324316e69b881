/**
 * Decides whether a condition can hold on a device's values. The analysis walks the syntax tree and computes, for each
 * node, all possible outcomes of an evaluation: true, false, a number, a text, another type, an error.
 *
 *   literal, variable, values.x ──► outcomes ──► operator ──► outcomes ──► … ──► «true» is among them, or is not
 *
 * Always: no possible outcome is missing, so a condition that can hold is never called mute. A node that the analysis
 * does not know (a comprehension, most functions) has every outcome. A value that came before may be missing in the next
 * reading. Pure; the cost is bounded by the number of nodes and of names.
 */
import type { Value } from '@forpost/shared/event/event.ts';
import { asksForTime, type Subject, syntaxTree } from './cel.ts';
import { isMetered, type SyntaxNode } from './cost.ts';

/** Outcomes of a node, as bits. `other`: a list, a map, null. */
const yes = 1;
const no = 2;
const number = 4;
const text = 8;
const other = 16;
const error = 32;
const anything = yes | no | number | text | other | error;
const either = yes | no;

/** The newest value of each metric: the possible content of one reading. */
export type NewestValues = ReadonlyMap<string, Value>;

/** Why a condition cannot hold: the metrics to blame, in the order of the expression. */
export interface Blame {
  readonly metric: string;
  /** the form that the condition expects, in words; absent where the metric never came */
  readonly wants?: string;
}

/** A condition with more nodes is not examined; people write conditions of some twenty. */
const mostNodes = 200;
/** A condition that reads more metrics is not examined. */
const mostNames = 12;

/** The analysis of one condition, parsed once and used for many devices. */
export class HoldAnalysis {
  readonly #tree: SyntaxNode | undefined;
  readonly #variables: ReadonlyMap<string, number>;
  /** metrics that the condition reads, in the order of the expression */
  readonly #names: readonly string[];

  /** @throws Error where the expression is not CEL (checked at load) */
  constructor(expression: string, subject: Subject) {
    const { tree, variables } = syntaxTree(expression, subject);
    const names = new Set<string>();
    const nodes = collectNames(tree, names);
    this.#names = [...names];
    this.#variables = new Map(Object.entries(variables).map(([name, type]) => [name, outcomesOfType(type)]));
    const small = nodes <= mostNodes && names.size > 0 && names.size <= mostNames;
    // while the time is unknown, a condition whose evaluation costs too much counts as true (cel.ts)
    const mayHoldByCost = asksForTime(expression) && isMetered(tree);
    this.#tree = small && !mayHoldByCost ? tree : undefined;
  }

  /**
   * The metrics because of which the condition cannot hold on any reading made of `newest`; undefined where it can hold,
   * and where it could hold on no values at all.
   */
  cannotHold(newest: NewestValues): readonly Blame[] | undefined {
    const tree = this.#tree;
    if (tree === undefined) return undefined;
    const can = (open: ReadonlyMap<string, number>) => {
      const outcomesOf = (name: string) => open.get(name) ?? outcomesOfValue(newest.get(name));
      return (outcomes(tree, { variables: this.#variables, outcomesOf }) & yes) !== 0;
    };
    if (can(new Map())) return undefined;
    const all = new Map(this.#names.map((name) => [name, anything]));
    if (!can(all)) return undefined;
    const alone = this.#names.find((name) => can(new Map([[name, anything]])));
    const blamed = alone === undefined ? this.#needed(can) : [alone];
    return blamed.map((metric) => {
      if (!newest.has(metric)) return { metric };
      const others = new Map(blamed.filter((name) => name !== metric).map((name) => [name, anything]));
      return { metric, wants: wanted((kind) => can(new Map([...others, [metric, kind | error]]))) };
    });
  }

  /** A smallest set of metrics that together keep the condition from holding. */
  #needed(can: (open: ReadonlyMap<string, number>) => boolean): readonly string[] {
    let needed = this.#names;
    for (const name of this.#names) {
      const without = needed.filter((one) => one !== name);
      if (can(new Map(without.map((one) => [one, anything])))) needed = without;
    }
    return needed;
  }
}

function wanted(can: (kind: number) => boolean): string {
  if (can(number)) return 'a number';
  if (can(text)) return 'a text';
  return can(either) ? 'true or false' : 'something else';
}

interface Scope {
  readonly variables: ReadonlyMap<string, number>;
  /** outcomes of `values.name` */
  readonly outcomesOf: (name: string) => number;
}

function outcomesOfType(type: string): number {
  if (type === 'int' || type === 'double') return number;
  return type === 'string' ? text : other;
}

/** Outcomes of reading a metric; an error is among them, because the metric may be missing in the next reading. */
function outcomesOfValue(value: Value | undefined): number {
  if (value === undefined) return error;
  if (typeof value === 'boolean') return either | error;
  return (typeof value === 'number' ? number : text) | error;
}

function outcomes(node: SyntaxNode, scope: Scope): number {
  if (isHas(node)) return outcomesOfHas(node, scope);
  // a macro binds variables, which the analysis does not follow
  if (node.meta.alternate !== undefined || node.meta.macro !== undefined) return anything;
  const metric = metricOf(node);
  if (metric !== undefined) return scope.outcomesOf(metric);
  switch (node.op) {
    case 'value':
      return outcomesOfLiteral(node.args);
    case 'id':
      return scope.variables.get(String(node.args)) ?? anything;
    case '?:':
      return outcomesOfChoice(node, scope);
    case '!_':
      return not(operand(node, 0, scope));
    case '||':
      return not(both(not(operand(node, 0, scope)), not(operand(node, 1, scope))));
    case '&&':
      return both(operand(node, 0, scope), operand(node, 1, scope));
    case 'in':
      return outcomesOfIn(node, scope);
    default:
      return strict(node, scope);
  }
}

/** Outcomes of a node that fails as soon as one of its operands fails. */
function strict(node: SyntaxNode, scope: Scope): number {
  const operands = operandsOf(node).map((one) => outcomes(one, scope));
  // an operand that always fails makes the node fail
  if (operands.includes(error)) return error;
  const [left = anything, right = anything] = operands;
  const failing = (left | right) & error;
  switch (node.op) {
    case '==':
      return overlap(left, right) ? either | failing : no | failing;
    case '!=':
      return either | failing;
    case '<':
    case '<=':
    case '>':
    case '>=':
      return overlap(left, right) ? either | error : error;
    case '-':
    case '*':
    case '/':
    case '%':
      return sum(left, right, number | other);
    case '+':
      return sum(left, right, number | text | other);
    case '-_':
      return (left & number) === 0 && (left & other) === 0 ? error : number | other | error;
    case 'rcall':
      return ofText.has(String([node.args].flat()[0])) && (left & (text | other)) === 0 ? error : anything;
    default:
      return anything;
  }
}

/** Methods that only a text has. */
const ofText: ReadonlySet<string> = new Set(['startsWith', 'endsWith', 'contains', 'matches']);

/** Arithmetic of two operands of one kind. */
function sum(left: number, right: number, kinds: number): number {
  const result = left & right & kinds;
  return result === 0 ? error : result | error | (result & other ? anything & ~either : 0);
}

function overlap(left: number, right: number): boolean {
  const kinds = (outcome: number) => (outcome & either ? outcome | either : outcome) & ~error;
  return (kinds(left) & kinds(right)) !== 0;
}

/** A logical operator fails on an operand that is neither true nor false. */
function failing(outcome: number): number {
  return outcome & ~either ? error : 0;
}

function not(outcome: number): number {
  return (outcome & yes ? no : 0) | (outcome & no ? yes : 0) | failing(outcome);
}

/** `a && b`: one false operand makes it false, whatever the other one is. */
function both(left: number, right: number): number {
  return (left & right & yes) | ((left | right) & no) | failing(left) | failing(right);
}

function outcomesOfChoice(node: SyntaxNode, scope: Scope): number {
  const condition = operand(node, 0, scope);
  const first = condition & yes ? operand(node, 1, scope) : 0;
  const second = condition & no ? operand(node, 2, scope) : 0;
  return first | second | failing(condition);
}

function outcomesOfHas(node: SyntaxNode, scope: Scope): number {
  const [asked] = operandsOf(node);
  const metric = asked === undefined ? undefined : metricOf(asked);
  if (metric === undefined) return anything;
  return scope.outcomesOf(metric) === error ? no : either;
}

function outcomesOfIn(node: SyntaxNode, scope: Scope): number {
  const [wantedNode, list] = operandsOf(node);
  if (wantedNode === undefined || list === undefined) return anything;
  const left = outcomes(wantedNode, scope);
  if (left === error) return error;
  if (isValues(list) && wantedNode.op === 'value' && typeof wantedNode.args === 'string')
    return scope.outcomesOf(wantedNode.args) === error ? no : either;
  if (list.op !== 'list') return anything;
  const items = operandsOf(list).map((item) => outcomes(item, scope));
  if (items.includes(error)) return error;
  return items.some((item) => overlap(left, item)) ? either | error : no | error;
}

function outcomesOfLiteral(value: unknown): number {
  if (typeof value === 'boolean') return value ? yes : no;
  if (typeof value === 'number' || typeof value === 'bigint') return number;
  return typeof value === 'string' ? text : other;
}

function operand(node: SyntaxNode, index: number, scope: Scope): number {
  const found = operandsOf(node)[index];
  return found === undefined ? anything : outcomes(found, scope);
}

function operandsOf(node: SyntaxNode): readonly SyntaxNode[] {
  return [node.args].flat(3).filter(isNode);
}

function isNode(value: unknown): value is SyntaxNode {
  return typeof value === 'object' && value !== null && 'op' in value && 'meta' in value;
}

function isValues(node: SyntaxNode): boolean {
  return node.op === 'id' && node.args === 'values';
}

function isHas(node: SyntaxNode): boolean {
  return node.op === 'call' && Array.isArray(node.args) && node.args[0] === 'has';
}

/** The metric x of `values.x` and `values["x"]`; undefined for another node. */
function metricOf(node: SyntaxNode): string | undefined {
  if ((node.op !== '.' && node.op !== '[]') || !Array.isArray(node.args)) return undefined;
  const [map, key] = node.args;
  if (!isNode(map) || !isValues(map)) return undefined;
  if (node.op === '.') return typeof key === 'string' ? key : undefined;
  return isNode(key) && key.op === 'value' && typeof key.args === 'string' ? key.args : undefined;
}

/** Adds the metrics that an expression reads to `into`, and returns the number of nodes. Macros count as one node. */
function collectNames(node: SyntaxNode, into: Set<string>): number {
  const metric = metricOf(node);
  if (metric !== undefined) into.add(metric);
  if (!isHas(node) && (node.meta.alternate !== undefined || node.meta.macro !== undefined)) return 1;
  const operands = operandsOf(node);
  const [first, second] = operands;
  if (node.op === 'in' && first?.op === 'value' && typeof first.args === 'string' && second && isValues(second))
    into.add(first.args);
  let count = 1;
  for (const one of operands) count += collectNames(one, into);
  return count;
}
