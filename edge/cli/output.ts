/** What commands print, and who runs them. */
import { userInfo } from 'node:os';

/** With `json` one JSON document in the form of the API, else plain lines. */
export function print(json: boolean | undefined, value: object, lines: () => readonly string[]): void {
  process.stdout.write(`${json === true ? JSON.stringify(value) : lines().join('\n')}\n`);
}

/** The user of this machine who runs the command, also through sudo. */
export function runningUser(): string {
  return process.env.SUDO_USER ?? userInfo().username;
}
