/**
 * Checks the secrets against the site: the log-ins of its clients (check-log-ins.ts), of people and of cameras. A password that nobody
 * uses is a problem where it looks like a misspelt one that is missing; else it harms nothing: it was left by a device that
 * the site no longer has, or waits for one that is about to come.
 */
import { nearest, withSuggestion } from '@forpost/shared/config/nearest.ts';
import { isPasswordHash } from '@forpost/shared/password.ts';
import { words } from '@forpost/shared/texts/english.ts';
import type { Secrets } from '../site/secrets.ts';
import type { Site } from '../site/site.ts';
import { checkLogIns } from './check-log-ins.ts';
import type { Located } from './check-site.ts';

/** Problems by the file in which they stand. `unused`: secrets that nobody uses, which stop no start. */
export function checkSecrets(
  site: Site,
  secrets: Secrets,
  secretsFile: string,
): {
  readonly ofSite: readonly Located[];
  readonly ofSecrets: readonly Located[];
  readonly unused: readonly Located[];
} {
  const logIns = checkLogIns(site, secrets.mqtt, secretsFile);
  const unused: Located[] = [...logIns.unused];
  const ofSecrets: Located[] = [...logIns.ofSecrets];
  for (const [name, hash] of Object.entries(secrets.console))
    if (!isPasswordHash(hash))
      ofSecrets.push({ path: ['console', name], message: words('mistake/secret.no-argon2', { id: name }) });
  for (const [index, name] of (secrets.viewers ?? []).entries())
    if (!Object.hasOwn(secrets.console, name)) {
      const message = withSuggestion(words('mistake/secret.viewer', { name }), name, Object.keys(secrets.console));
      ofSecrets.push({ path: ['viewers', index], message });
    }
  const cameras = site.cameras.map(({ id }): string => id);
  for (const id of Object.keys(secrets.cameras ?? {}))
    if (!cameras.includes(id)) {
      const free = cameras.filter((camera) => !Object.hasOwn(secrets.cameras ?? {}, camera));
      const isMisspelt = nearest(id, free) !== undefined;
      const sentence = words('mistake/secret.unused-camera', { id });
      const message = isMisspelt ? withSuggestion(sentence, id, free) : sentence;
      (isMisspelt ? ofSecrets : unused).push({ path: ['cameras', id], message, onKey: true });
    }
  return { ofSite: logIns.ofSite, ofSecrets, unused };
}
