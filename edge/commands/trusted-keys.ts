/** The public keys whose commands this gateway accepts: in gateway.yaml, or in the file that it names, one a line. */

import { readFileSync } from 'node:fs';
import type { Problem } from '@forpost/shared/config/yaml.ts';
import { messageOf } from '@forpost/shared/errors.ts';
import { type CommandKey, commandKeyOf } from '@forpost/shared/event/command.ts';
import { type Words, words } from '@forpost/shared/texts/english.ts';
import type { CommandSettings } from './settings.ts';

/** What of gateway.yaml names the trusted keys. */
export interface ConfiguredKeys {
  readonly commands?: CommandSettings;
}

/** Enough for several centres and their next keys. */
const mostKeys = 8;

export interface TrustedKeys {
  readonly keys: readonly CommandKey[];
  /** what is wrong in gateway.yaml */
  readonly problems: readonly Problem[];
  /** what is wrong in the file that it names; the right keys in it are trusted all the same */
  readonly warnings: readonly (Problem & { readonly message: Words })[];
}

/** The keys that count now: a reload may bring others. */
export class CommandKeys {
  #keys: readonly CommandKey[];

  constructor(installation: ConfiguredKeys) {
    this.#keys = trustedKeys(installation).keys;
  }

  renew(installation: ConfiguredKeys): void {
    this.#keys = trustedKeys(installation).keys;
  }

  ids(): readonly string[] {
    return this.#keys.map(({ id }) => id);
  }

  /** as they stand in the file */
  texts(): readonly string[] {
    return this.#keys.map(({ text }) => text);
  }
}

/** Without `commands` in gateway.yaml there is no key, and no command is accepted. Never throws for the content of files. */
export function trustedKeys({ commands }: ConfiguredKeys): TrustedKeys {
  const keys = new Map<string, CommandKey>();
  const problems: Problem[] = [];
  const warnings: (Problem & { readonly message: Words })[] = [];
  const trust = (text: string, path: readonly (string | number)[], wrong: Problem[]) => {
    const key = commandKeyOf(text);
    if (key !== undefined) keys.set(key.id, key);
    else
      wrong.push({
        path,
        message: words('gateway/problem.key-no-key', { setting: `${path[0]}.${path[1]}`, text }),
      });
  };
  for (const [index, text] of (commands?.trusted_keys ?? []).entries())
    trust(text, ['commands', 'trusted_keys', index], problems);
  const file = commands?.trusted_keys_file;
  const path = ['commands', 'trusted_keys_file'];
  if (file !== undefined)
    try {
      for (const line of readFileSync(file, 'utf8').split('\n'))
        if (!/^\s*(#|$)/.test(line)) trust(line.trim(), path, warnings);
    } catch (error) {
      const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
      const about = { setting: path.join('.'), file };
      const message = missing
        ? words('gateway/problem.keys-not-there', about)
        : words('gateway/problem.keys-unreadable', { ...about, error: messageOf(error) });
      warnings.push({ path, message });
    }
  if (keys.size > mostKeys)
    problems.push({ path: ['commands'], message: words('mistake/commands.keys', { count: String(mostKeys) }) });
  return { keys: [...keys.values()], problems, warnings };
}
