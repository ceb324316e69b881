/**
 * Checks the credentials of the site's log-ins (`mqtt` in secrets.yaml): one entry for each device, bridge and consumer,
 * each password in the form of its hash, no certificate and no fixed user name that is two principals' at once.
 */
import { suggestion } from '@forpost/shared/config/nearest.ts';
import { parseMadeHash } from '@forpost/shared/made-credential.ts';
import { isPasswordHash } from '@forpost/shared/password.ts';
import { type MqttSecret, type Secrets, type StoredCredential, storedCredential } from '../site/secrets.ts';
import type { Site } from '../site/site.ts';
import type { Located } from './check-site.ts';

export interface LogInProblems {
  readonly ofSite: readonly Located[];
  readonly ofSecrets: readonly Located[];
  /** credentials that nobody uses, which stop no start */
  readonly unused: readonly Located[];
}

export function checkLogIns(site: Site, mqtt: Secrets['mqtt'], secretsFile: string): LogInProblems {
  const users = new Set([...site.devices, ...site.consumers].map(({ id }): string => id));
  const unused: Located[] = [];
  const ofSecrets: Located[] = [];
  for (const [id, secret] of Object.entries(mqtt)) {
    if (users.has(id)) ofSecrets.push(...formProblems(id, secret));
    else {
      const hint = suggestion(
        id,
        [...users].filter((user) => !Object.hasOwn(mqtt, user)),
      );
      const isMisspelt = hint.startsWith('; did');
      const message = `mqtt.${id} is a password, but the site has no such device or consumer${isMisspelt ? hint : ''}`;
      (isMisspelt ? ofSecrets : unused).push({ path: ['mqtt', id], message, onKey: true });
    }
  }
  return { ofSite: missing(site, mqtt, secretsFile), ofSecrets: [...ofSecrets, ...shared(mqtt, users)], unused };
}

function missing(site: Site, mqtt: Secrets['mqtt'], secretsFile: string): readonly Located[] {
  const lists = [
    { key: 'devices', what: 'device', list: site.devices },
    { key: 'consumers', what: 'consumer', list: site.consumers },
  ] as const;
  return lists.flatMap(({ key, what, list }) =>
    list.flatMap(({ id }, index): Located[] => {
      if (Object.hasOwn(mqtt, id)) return [];
      const message = `the ${what} "${id}" has no password: add it under mqtt in ${secretsFile} ("forpost devices password ${id}")`;
      return [{ path: [key, index, 'id'], message }];
    }),
  );
}

function formProblems(id: string, secret: MqttSecret): readonly Located[] {
  const stored = storedCredential(secret);
  const at = (path: readonly string[], message: string): Located => ({ path: ['mqtt', id, ...path], message });
  const { password, before, certificates, user, client_id: clientId, revoked } = stored;
  const found = [
    { hash: password, path: typeof secret === 'string' ? [] : ['password'] },
    { hash: before?.password, path: ['before', 'password'] },
  ].flatMap(({ hash, path }) => {
    if (hash === undefined || isPasswordHash(hash) || parseMadeHash(hash) !== undefined) return [];
    return [at(path, noHash(['mqtt', id, ...path].join('.'), id))];
  });
  if (password === undefined && certificates === undefined && revoked === undefined)
    found.push(at([], `mqtt.${id} has neither a password nor a certificate: "forpost devices rotate ${id}" makes one`));
  if (clientId !== undefined && user === undefined)
    found.push(at(['client_id'], `mqtt.${id}.client_id goes with a fixed user name: add user, or take client_id out`));
  return found;
}

function noHash(where: string, id: string): string {
  return `${where} is not a password's hash: passwords themselves never stand here; make one with "forpost devices password ${id}"`;
}

/** What belongs to two: nobody could tell who has logged in. */
function shared(mqtt: Secrets['mqtt'], users: ReadonlySet<string>): readonly Located[] {
  const owners = new Map<string, string>();
  const claim = (what: string, name: string, id: string, path: readonly (string | number)[]): readonly Located[] => {
    const owner = owners.get(`${what} ${name}`);
    if (owner === undefined) {
      owners.set(`${what} ${name}`, id);
      return [];
    }
    const message = `mqtt.${id}: the ${what} ${name} is that of "${owner}" already: each has one of its own`;
    return [{ path: ['mqtt', id, ...path], message }];
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
  claim: (what: string, name: string, id: string, path: readonly string[]) => readonly Located[],
): readonly Located[] {
  if (user === undefined) return [];
  if (clientId !== undefined) return claim('fixed log-in', `${user} with the client id ${clientId}`, id, ['user']);
  if (user === id || !users.has(user)) return claim('fixed user name', user, id, ['user']);
  const message = `mqtt.${id}.user: "${user}" is the id of another: add client_id, by which the two are told apart`;
  return [{ path: ['mqtt', id, 'user'], message }];
}
