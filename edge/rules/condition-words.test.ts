/** Everything that the libraries of conditions say has a text of the catalogue, so that a page says it in Russian too. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { recognise } from '@forpost/shared/texts/recognise.ts';
import { expect, test } from 'vitest';
import { Condition, checkCondition, LocalTime } from './cel.ts';

const utc = new LocalTime('UTC');
const keyOf = (words: string | undefined) => recognise(words ?? '')?.key;

test.each([
  ['"a\nb" == device', 'foreign/cel.newline'],
  ['"""a == device', 'foreign/cel.triple'],
  ['"a == device', 'foreign/cel.unterminated'],
  ['1.5e > value', 'foreign/cel.exponent'],
  ['value > 0x', 'foreign/cel.hex-integer'],
  ['value > 1e999', 'foreign/cel.number'],
  ['b"\\u0041" == b"A"', 'foreign/cel.escape-bytes'],
  ['device == "\\u00"', 'foreign/cel.escape-unicode'],
  ['device == "\\ud800"', 'foreign/cel.escape-surrogate'],
  ['device == "\\xg0"', 'foreign/cel.escape-hex'],
  ['device == "\\12"', 'foreign/cel.escape-octal'],
  ['device == "\\777"', 'foreign/cel.escape-octal-range'],
  ['device == "\\q"', 'foreign/cel.escape'],
  ['value > 1.0 §', 'foreign/cel.character'],
  ['value > 1.0 device', 'foreign/cel.character'],
  ['(value > 1.0', 'foreign/cel.expected'],
  ['value > ', 'foreign/cel.token'],
  ['while > 1', 'foreign/cel.reserved'],
  ['(('.repeat(60), 'foreign/cel.exceeded'],
  ['value in [1.0, "a"]', 'foreign/cel.list-types'],
  ['{"a": 1, 2: 3}.size() > 1', 'foreign/cel.map-keys'],
  ['{"a": 1, "b": "c"}.size() > 1', 'foreign/cel.map-values'],
  ['value.all(a, a > 1)', 'foreign/cel.range'],
  ['value > 1.0 ? true : 3', 'foreign/cel.branches'],
  ['value ? true : false', 'foreign/cel.ternary'],
  ['[1]["a"] > 0', 'foreign/cel.list-index'],
  ['value.x > 1', 'foreign/cel.index'],
  ['values.all("a", true)', 'foreign/cel.iteration'],
  ['values.map(1, 2, 3) == []', 'foreign/cel.iteration'],
  ['values.filter(1, true) == []', 'foreign/cel.iteration'],
  ['values.exists(a, a)', 'foreign/cel.predicate'],
  ['values.map(a, "b", "c") == []', 'foreign/cel.predicate'],
  ['values.filter(a, "b") == []', 'foreign/cel.predicate'],
  ['has(value)', 'foreign/cel.has'],
  ['cel.bind(1, 2, true)', 'foreign/cel.bind'],
  ['device.or(device)', 'foreign/cel.optional'],
  ['value && true', 'foreign/cel.logical'],
  ['device > 3', 'foreign/cel.no-overload'],
  ['-device == "a"', 'foreign/cel.no-overload'],
  ['foo(1)', 'foreign/cel.no-function'],
  ['device.foo()', 'foreign/cel.no-function'],
])('a wrong condition is explained in any language: %s', (expression, key) => {
  expect(keyOf(checkCondition(expression, 'reading')?.message)).toBe(key);
});

test.each([
  ['1 / 0 == 1', 'foreign/cel.divided'],
  ['1 % 0 == 1', 'foreign/cel.modulo'],
  ['int(device) == 1', 'foreign/cel.conversion'],
  ['double(device) == 1.0', 'foreign/cel.conversion'],
  ['bool(device)', 'foreign/cel.bool'],
  ['device.substring(9, 10) == ""', 'foreign/cel.substring-start'],
  ['device.substring(0, 10) == ""', 'foreign/cel.substring-end'],
  ['[1][3] == 1', 'foreign/cel.out-of-bounds'],
  ['timestamp(device) == timestamp(0)', 'foreign/cel.timestamp'],
  ['duration(device) == duration("1s")', 'foreign/cel.duration'],
  ['values.word > 3', 'foreign/cel.no-overload'],
  ['values.word ? true : false', 'foreign/cel.ternary'],
  ['values.word || false', 'foreign/cel.logical'],
])('a condition that fails while it is evaluated is explained in any language: %s', (expression, key) => {
  const condition = new Condition(expression, 'reading', utc);
  let words = '';
  try {
    condition.holds({ now: 0, device: 'oven', metric: 'power_w', value: 1, values: { word: 'hot' } });
  } catch (error) {
    words = (error as { readonly summary?: string }).summary ?? (error as Error).message;
  }
  expect([words, keyOf(words)]).toEqual([expect.any(String), key]);
});

/** The library's sources: an error's words stand there beside its code. */
function codeOf(library: string): string {
  const folder = dirname(fileURLToPath(import.meta.resolve(library)));
  return readdirSync(folder)
    .filter((name) => name.endsWith('.js'))
    .map((name) => readFileSync(join(folder, name), 'utf8'))
    .join('\n');
}

/** Errors that no condition of a rule can have: the environment is made by the gateway, and its types are known. */
const notOfConditions = ['Expression must be a string', 'Context must be an object'];
/** The library puts a macro's name in front of it. */
const withoutName = "example, got 'example'";

test('the catalogue has all that the CEL library says', () => {
  const said = [
    ...codeOf('@marcbachmann/cel-js').matchAll(
      /(?:parseError|evaluationError|typeError|createError)\(\s*'\w+',\s*(?:'([^']+)'|`((?:[^`$]|\$\{[^}]*\})+)`)/g,
    ),
  ].map(([, plain, template]) => plain ?? template?.replaceAll(/\$\{[^}]*\}/g, 'example') ?? '');
  expect(said.length).toBeGreaterThan(40);
  const unknown = said.filter(
    (words) => words !== withoutName && !notOfConditions.includes(words) && keyOf(words) === undefined,
  );
  expect(unknown).toEqual([]);
});

test('the catalogue has all that the RE2 library says', () => {
  const said = [...codeOf('re2js').matchAll(/ERR_[A-Z_]+ = "([^"]+)"/g)].map(([, words = '']) => words);
  expect(said.length).toBeGreaterThan(10);
  expect(said.filter((words) => (keyOf(words) ?? keyOf(`${words}: \`(a\``)) === undefined)).toEqual([]);
});

test.each(['(a', 'a)', '[a', 'a**', '*a', 'a{9999}', '(?<a>b)(?<a>c)', '(?=a)', '\\8', '[z-a]'])(
  'a wrong pattern is explained in any language: %s',
  (pattern) => {
    const { message = '' } = checkCondition(`device.matches(r'${pattern}')`, 'reading') ?? {};
    const found = recognise(message);
    expect(found?.key).toBe('gateway/problem.pattern-wrong');
    expect(found?.values?.error).toMatchObject({ key: expect.stringMatching(/^foreign\/re2\./) });
  },
);
