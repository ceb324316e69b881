/**
 * Checks the credentials of the site's log-ins (`mqtt` in secrets.yaml): one entry for each device, bridge and consumer,
 * each password in the form of its hash, no certificate and no fixed user name that is two principals' at once.
 */
import { nearest, withSuggestion } from '@forpost/shared/config/nearest.ts';
import { parseMadeHash } from '@forpost/shared/made-credential.ts';
import { isPasswordHash } from '@forpost/shared/password.ts';
import { type Words, words } from '@forpost/shared/texts/english.ts';
import { type MqttSecret, type Secrets, type StoredCredential, storedCredential } from '../site/secrets.ts';
import type { Site } from '../site/site.ts';
import { logInsOf } from '../site/site-devices.ts';
import type { Located } from './check-site.ts';

export interface LogInProblems {
  readonly ofSite: readonly Located[];
  readonly ofSecrets: readonly Located[];
  /** credentials that nobody uses, which stop no start */
  readonly unused: readonly Located[];
}

export function checkLogIns(site: Site, mqtt: Secrets['mqtt'], secretsFile: string): LogInProblems {
  const users = new Set([...logInsOf(site), ...site.consumers].map(({ id }): string => id));
  const unused: Located[] = [];
  const ofSecrets: Located[] = [];
  for (const [id, secret] of Object.entries(mqtt)) {
    if (users.has(id)) ofSecrets.push(...formProblems(id, secret));
    else {
      const free = [...users].filter((user) => !Object.hasOwn(mqtt, user));
      const isMisspelt = nearest(id, free) !== undefined;
      const sentence = words('mistake/secret.unused-login', { id });
      const message = isMisspelt ? withSuggestion(sentence, id, free) : sentence;
      (isMisspelt ? ofSecrets : unused).push({ path: ['mqtt', id], message, onKey: true });
    }
  }
  return { ofSite: missing(site, mqtt, secretsFile), ofSecrets: [...ofSecrets, ...shared(mqtt, users)], unused };
}

function missing(site: Site, mqtt: Secrets['mqtt'], secretsFile: string): readonly Located[] {
  const lists = [
    { key: 'devices', text: 'mistake/secret.no-password-device', list: site.devices },
    { key: 'bridges', text: 'mistake/secret.no-password-bridge', list: site.bridges ?? [] },
    { key: 'consumers', text: 'mistake/secret.no-password-consumer', list: site.consumers },
  ] as const;
  return lists.flatMap(({ key, text, list }) =>
    list.flatMap(({ id }, index): Located[] => {
      if (Object.hasOwn(mqtt, id)) return [];
      return [{ path: [key, index, 'id'], message: words(text, { id, file: secretsFile }) }];
    }),
  );
}

function formProblems(id: string, secret: MqttSecret): readonly Located[] {
  const stored = storedCredential(secret);
  const at = (path: readonly string[], message: Words): Located => ({ path: ['mqtt', id, ...path], message });
  const { password, before, certificates, user, client_id: clientId, revoked } = stored;
  const found = [
    { hash: password, path: typeof secret === 'string' ? [] : ['password'] },
    { hash: before?.password, path: ['before', 'password'] },
  ].flatMap(({ hash, path }) => {
    if (hash === undefined || isPasswordHash(hash) || parseMadeHash(hash) !== undefined) return [];
    return [at(path, words('mistake/secret.no-hash', { where: ['mqtt', id, ...path].join('.'), id }))];
  });
  if (password === undefined && certificates === undefined && revoked === undefined)
    found.push(at([], words('mistake/secret.nothing', { id })));
  if (clientId !== undefined && user === undefined)
    found.push(at(['client_id'], words('mistake/secret.client-id', { id })));
  return found;
}

const twice = {
  certificate: 'mistake/secret.twice-certificate',
  'fixed log-in': 'mistake/secret.twice-log-in',
  'fixed user name': 'mistake/secret.twice-user',
} as const;
type Claim = (
  what: keyof typeof twice,
  name: string,
  id: string,
  path: readonly (string | number)[],
) => readonly Located[];

/** Credentials that two log-ins share: the broker could not know which of the two has logged in. */
function shared(mqtt: Secrets['mqtt'], users: ReadonlySet<string>): readonly Located[] {
  const owners = new Map<string, string>();
  const claim: Claim = (what, name, id, path) => {
    const owner = owners.get(`${what} ${name}`);
    if (owner === undefined) {
      owners.set(`${what} ${name}`, id);
      return [];
    }
    return [{ path: ['mqtt', id, ...path], message: words(twice[what], { id, name, owner }) }];
  };
  return Object.entries(mqtt).flatMap(([id, secret]) => {
    if (typeof secret === 'string' || !users.has(id)) return [];
    const { certificates = [] } = secret;
    return [
      ...certificates.flatMap((one, index) => claim('certificate', one, id, ['certificates', index])),
      ...fixed(id, secret, users, claim),
    ];
  });
}

function fixed(
  id: string,
  { user, client_id: clientId }: StoredCredential,
  users: ReadonlySet<string>,
  claim: Claim,
): readonly Located[] {
  if (user === undefined) return [];
  if (clientId !== undefined) return claim('fixed log-in', `${user} with the client id ${clientId}`, id, ['user']);
  if (user === id || !users.has(user)) return claim('fixed user name', user, id, ['user']);
  return [{ path: ['mqtt', id, 'user'], message: words('mistake/secret.user-of-other', { id, user }) }];
}

/** A warning that only the command line and the log show. */
type UselessName = Pick<Located, 'path'> & { readonly message: string };

/** Names of certificates without effect: no CA of clients' certificates vouches for them. They stop no start. */
export function uselessNames(mqtt: Secrets['mqtt'], hasClientCa: boolean): readonly UselessName[] {
  if (hasClientCa) return [];
  return Object.entries(mqtt).flatMap(([id, secret]) =>
    (storedCredential(secret).certificates ?? []).flatMap((certificate, index): readonly UselessName[] => {
      if (!certificate.startsWith('name:')) return [];
      const message = `mqtt.${id} cannot log in by "${certificate}": a name counts only with mqtt.tls.client_ca in gateway.yaml, the CA of clients' certificates`;
      return [{ path: ['mqtt', id, 'certificates', index], message }];
    }),
  );
}
