/**
 * Checks the secrets against the site: a password for every log-in, each in the form of its hash. A password that nobody
 * uses is a problem where it looks like a misspelt one that is missing; else it harms nothing: it was left by a device that
 * the site no longer has, or waits for one that is about to come.
 */
import { suggestion } from '@forpost/shared/config/nearest.ts';
import { parseMadeHash } from '@forpost/shared/made-credential.ts';
import { isPasswordHash } from '@forpost/shared/password.ts';
import type { Secrets, Site } from '../site/site.ts';
import type { Located } from './check-site.ts';

const noHash = (section: 'mqtt' | 'console', id: string) =>
  `${section}.${id} is not ${section === 'mqtt' ? "a password's hash" : 'an argon2id hash'}: passwords themselves never stand here; make one with "forpost devices password ${id}${section === 'console' ? ' --console' : ''}"`;

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
  const ofSite: Located[] = [];
  const unused: Located[] = [];
  const ofSecrets: Located[] = [];
  const missing = (what: string, id: string, path: Located['path']) => {
    if (Object.hasOwn(secrets.mqtt, id)) return;
    const message = `the ${what} "${id}" has no password: add it under mqtt in ${secretsFile} ("forpost devices password ${id}")`;
    ofSite.push({ path, message });
  };
  for (const [index, { id }] of site.devices.entries()) missing('device', id, ['devices', index, 'id']);
  for (const [index, { id }] of site.consumers.entries()) missing('consumer', id, ['consumers', index, 'id']);

  const users = [...site.devices, ...site.consumers].map(({ id }): string => id);
  for (const [id, hash] of Object.entries(secrets.mqtt)) {
    if (!users.includes(id)) {
      const hint = suggestion(
        id,
        users.filter((user) => !Object.hasOwn(secrets.mqtt, user)),
      );
      const isMisspelt = hint.startsWith('; did');
      const message = `mqtt.${id} is a password, but the site has no such device or consumer${isMisspelt ? hint : ''}`;
      (isMisspelt ? ofSecrets : unused).push({ path: ['mqtt', id], message, onKey: true });
    } else if (!isPasswordHash(hash) && parseMadeHash(hash) === undefined)
      ofSecrets.push({ path: ['mqtt', id], message: noHash('mqtt', id) });
  }
  for (const [name, hash] of Object.entries(secrets.console))
    if (!isPasswordHash(hash)) ofSecrets.push({ path: ['console', name], message: noHash('console', name) });
  for (const [index, name] of (secrets.viewers ?? []).entries())
    if (!Object.hasOwn(secrets.console, name)) {
      const message = `viewers: nobody under console is called "${name}"${suggestion(name, Object.keys(secrets.console))}`;
      ofSecrets.push({ path: ['viewers', index], message });
    }
  const cameras = site.cameras.map(({ id }): string => id);
  for (const id of Object.keys(secrets.cameras ?? {}))
    if (!cameras.includes(id)) {
      const hint = suggestion(
        id,
        cameras.filter((camera) => !Object.hasOwn(secrets.cameras ?? {}, camera)),
      );
      const isMisspelt = hint.startsWith('; did');
      const message = `cameras.${id} is a password, but the site has no such camera${isMisspelt ? hint : ''}`;
      (isMisspelt ? ofSecrets : unused).push({ path: ['cameras', id], message, onKey: true });
    }
  return { ofSite, ofSecrets, unused };
}
