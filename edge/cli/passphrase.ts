/**
 * Reads a passphrase: typed on the terminal without being shown, or from a file, or from an environment variable. Never
 * from an argument, because every user of a machine sees the arguments of its processes.
 *
 * Always: a new passphrase is typed twice and has at least `leastLength` characters; one trailing line end of a file is
 * not part of it. No message shows it.
 */
import { readFileSync } from 'node:fs';
import { ForpostError, messageOf } from '@forpost/shared/errors.ts';

export interface PassphraseOptions {
  /** `-`: standard input */
  readonly passphraseFile?: string;
  /** name of an environment variable */
  readonly passphraseEnv?: string;
}

/** The terminal, as far as it is needed. */
export interface Terminal {
  readonly input: NodeJS.ReadableStream & { readonly isTTY?: boolean; setRawMode?(raw: boolean): unknown };
  readonly output: NodeJS.WritableStream;
}

/** Behind scrypt, twelve random letters withstand a machine that tries a thousand passphrases a second. */
export const leastLength = 12;
const mostLength = 1024;

/** @throws ForpostError FORPOST_ARGUMENT_INVALID */
export async function readPassphrase(
  options: PassphraseOptions,
  isNew: boolean,
  terminal: Terminal = { input: process.stdin, output: process.stderr },
): Promise<string> {
  const given = fromOption(options);
  const passphrase = given ?? (await typed(terminal, isNew));
  if (passphrase === '') throw refused('the passphrase is empty');
  if (passphrase.length > mostLength) throw refused(`the passphrase has more than ${mostLength} characters`);
  if (isNew && passphrase.length < leastLength)
    throw refused(`the passphrase has fewer than ${leastLength} characters: take a longer one, such as five words`);
  return passphrase;
}

function fromOption({ passphraseFile: file, passphraseEnv: name }: PassphraseOptions): string | undefined {
  if (file !== undefined && name !== undefined)
    throw refused('name one place for the passphrase: --passphrase-file or --passphrase-env');
  if (name !== undefined) {
    const value = process.env[name];
    if (value === undefined) throw refused(`the environment has no variable ${name}`);
    return value;
  }
  if (file === undefined) return undefined;
  try {
    return readFileSync(file === '-' ? 0 : file, 'utf8').replace(/\r?\n$/, '');
  } catch (error) {
    throw refused(`the passphrase file cannot be read: ${messageOf(error)}`);
  }
}

async function typed(terminal: Terminal, isNew: boolean): Promise<string> {
  if (terminal.input.isTTY !== true)
    throw refused('there is no terminal to type a passphrase: use --passphrase-file or --passphrase-env');
  const first = await question(terminal, 'Passphrase: ');
  if (!isNew) return first;
  if ((await question(terminal, 'The same again: ')) === first) return first;
  throw refused('the two passphrases differ');
}

const [enter, newline, interrupt, endOfInput, backspace, erase] = ['\r', '\n', '\u0003', '\u0004', '\u007f', '\b'];

/** Reads one line without showing it. */
function question({ input, output }: Terminal, prompt: string): Promise<string> {
  output.write(prompt);
  input.setRawMode?.(true);
  input.setEncoding('utf8');
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  let text = '';
  const take = (chunk: string) => {
    for (const key of chunk) {
      if (key === enter || key === newline) return resolve(text);
      if (key === interrupt || key === endOfInput) return reject(refused('no passphrase was typed'));
      text = key === backspace || key === erase ? [...text].slice(0, -1).join('') : text + key;
    }
    return undefined;
  };
  input.on('data', take);
  input.resume();
  return promise.finally(() => {
    input.off('data', take);
    input.setRawMode?.(false);
    input.pause();
    output.write('\n');
  });
}

function refused(message: string): ForpostError {
  return new ForpostError('FORPOST_ARGUMENT_INVALID', message);
}
