/**
 * Which side a command is about that both sides have: `forpost check FILE` and `forpost schema NAME`. The centre's are
 * `forpost cloud check FILE` and `forpost cloud schema`; people need not know that.
 *
 * Always: a file is the centre's by its keys, and only where it has none of either side's (it is damaged, or not there)
 * by its name.
 */
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';

const gatewayKeys = ['gateway', 'site_file', 'secrets_file', 'mqtt', 'uplink'];
const centreKeys = ['kafka', 'history', 'receiver', 'gateways', 'limits', 'notify', 'gateway_alarms'];

/** The words of a command line as the side takes them that they are about: the centre's begin with `cloud`. */
export function wordsOfSide(words: readonly string[]): readonly string[] {
  const [command, first = ''] = words;
  const isCentre =
    (command === 'schema' && first === 'cloud') || (command === 'check' && first !== '' && isCentreFile(first));
  if (!isCentre) return words;
  return command === 'schema' ? ['cloud', 'schema', ...words.slice(2)] : ['cloud', ...words];
}

/** Whether a configuration is the centre's and not a gateway's. */
export function isCentreFile(file: string): boolean {
  const keys = new Set(Array.from(textOf(file).matchAll(/^"?([a-z_]+)"?\s*:/gm), ([, key = '']) => key));
  if (gatewayKeys.some((key) => keys.has(key))) return false;
  return centreKeys.some((key) => keys.has(key)) || /cloud|centre/.test(basename(file));
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
