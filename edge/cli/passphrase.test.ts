import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readPassphrase } from './passphrase.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'forpost-passphrase-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** A terminal at which somebody types these lines, one for each question. */
function terminal(...lines: readonly string[]) {
  const input = Object.assign(new PassThrough(), { isTTY: true });
  const raw: boolean[] = [];
  const said: string[] = [];
  const output = new PassThrough();
  const answers = [...lines];
  output.on('data', (chunk) => {
    const text = String(chunk);
    said.push(text);
    if (text.endsWith(': ')) input.write(answers.shift() ?? '\u0003');
  });
  return { input: Object.assign(input, { setRawMode: (on: boolean) => raw.push(on) }), output, raw, said };
}

test('a new passphrase is typed twice, and never shown', async () => {
  const typed = terminal('five words are enoughX\u007f\r', 'five words are enough\r');
  expect(await readPassphrase({}, true, typed)).toBe('five words are enough');
  expect(typed.said.join('')).toBe('Passphrase: \nThe same again: \n');
  expect(typed.raw).toEqual([true, false, true, false]);
});

test('a known passphrase is typed once', async () => {
  expect(await readPassphrase({}, false, terminal('short\r'))).toBe('short');
});

test.each([
  [['one passphrase\r', 'another phrase\r'], 'the two passphrases differ'],
  [['short\r', 'short\r'], 'has fewer than 12 characters'],
  [['\r', '\r'], 'the passphrase is empty'],
  [['never mind\u0003'], 'no passphrase was typed'],
])('what is typed as %j is refused', async (lines, message) => {
  await expect(readPassphrase({}, true, terminal(...lines))).rejects.toThrow(message);
});

test('a passphrase comes from a file without its line end, or from a variable', async () => {
  const file = join(folder, 'passphrase');
  writeFileSync(file, 'from a file, with spaces \n');
  expect(await readPassphrase({ passphraseFile: file }, true)).toBe('from a file, with spaces ');
  process.env.FORPOST_TEST_PASSPHRASE = 'from a variable';
  expect(await readPassphrase({ passphraseEnv: 'FORPOST_TEST_PASSPHRASE' }, true)).toBe('from a variable');
  delete process.env.FORPOST_TEST_PASSPHRASE;
});

test('without a terminal, with two sources or with a missing source, the refusal says what to do', async () => {
  const none = { input: new PassThrough(), output: new PassThrough() };
  await expect(readPassphrase({}, true, none)).rejects.toThrow('use --passphrase-file or --passphrase-env');
  await expect(readPassphrase({ passphraseEnv: 'FORPOST_NONE' }, true)).rejects.toThrow('no variable FORPOST_NONE');
  await expect(readPassphrase({ passphraseFile: join(folder, 'none') }, true)).rejects.toThrow('cannot be read');
  await expect(readPassphrase({ passphraseFile: 'a', passphraseEnv: 'b' }, true)).rejects.toThrow('name one place');
});
