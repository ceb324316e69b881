/** The names of the machine that this process runs on. */
import { hostname, networkInterfaces } from 'node:os';
import { boxNames } from './box-names.ts';

/** Names and addresses now, `configured` first. */
export function namesOfThisMachine(configured?: readonly string[]): readonly string[] {
  return boxNames({ hostname: hostname(), interfaces: networkInterfaces() }, configured);
}
