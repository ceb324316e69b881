/**
 * Checks the secrets against the site: the log-ins of its clients (check-log-ins.ts), of people and of cameras.
 * An unused password is a problem where its name looks like the misspelt name of a missing one. Else it is harmless: a
 * removed device has left it, or a device that is about to come needs it.
 */
import { nearest, withSuggestion } from '@forpost/shared/config/nearest.ts';
import { isPasswordHash } from '@forpost/shared/password.ts';
import { words } from '@forpost/shared/texts/english.ts';
import { actionKind } from '../alerts/actions/kinds.ts';
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
  checkActionSecrets(site, secrets, { ofSecrets, unused });
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

/** A secret that its action's kind does not have is a mistake; a secret of an absent action waits for that action. */
function checkActionSecrets(
  { actions = [] }: Pick<Site, 'actions'>,
  secrets: Secrets,
  { ofSecrets, unused }: { readonly ofSecrets: Located[]; readonly unused: Located[] },
): void {
  for (const [id, own] of Object.entries(secrets.actions ?? {})) {
    const action = actions.find((one) => one.id === id);
    if (action === undefined) {
      const message = words('mistake/secret.unused-action', { id });
      unused.push({ path: ['actions', id], message, onKey: true });
      continue;
    }
    const known = actionKind(action.kind)?.secrets ?? [];
    for (const name of Object.keys(own))
      if (!known.includes(name)) {
        const sentence = words('mistake/secret.action-name', { kind: action.kind, name });
        const message = withSuggestion(sentence, name, known);
        ofSecrets.push({ path: ['actions', id, name], message, onKey: true });
      }
  }
}
