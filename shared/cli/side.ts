/**
 * Decides whether `forpost check FILE` and `forpost schema NAME` concern the gateway or the centre. The centre's commands
 * are `forpost cloud check FILE` and `forpost cloud schema`; people need not know that.
 *
 * Always: the keys of a file decide; the name decides only for a file without keys of either side (damaged, or missing).
 */
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';

const gatewayKeys = ['gateway', 'site_file', 'secrets_file', 'mqtt', 'uplink'];
const centreKeys = ['kafka', 'history', 'receiver', 'gateways', 'limits', 'notify', 'gateway_alarms'];

/** The command line for the side that it concerns: the centre's begins with `cloud`. */
export function wordsOfSide(words: readonly string[]): readonly string[] {
  const [command, first = ''] = words;
  const isCentre =
    (command === 'schema' && first === 'cloud') || (command === 'check' && first !== '' && isCentreFile(first));
  if (!isCentre) return words;
  return command === 'schema' ? ['cloud', 'schema', ...words.slice(2)] : ['cloud', ...words];
}

/** Whether a configuration belongs to the centre, and not to a gateway. */
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
