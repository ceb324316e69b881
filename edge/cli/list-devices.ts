/**
 * `forpost devices list`: devices, bridges with the devices behind them, and consumers, with their credentials and their
 * refused log-ins, publishes and subscriptions, and unknown clients that were refused. The command reads files only: it
 * works with and without a running gateway, whose newest refusals are in the file within half a minute.
 */
import { join } from 'node:path';
import { systemClock } from '@forpost/shared/clock.ts';
import { rfc3339 } from '@forpost/shared/event/codec.ts';
import { type RefusedClient, RefusedClients } from '../broker/refused-clients.ts';
import { readRefused, refusedFileName } from '../broker/refused-file.ts';
import { principalsIn } from '../config/credential-store.ts';
import { loadInstallation } from '../config/load-installation.ts';
import { loadSite } from '../config/load-site.ts';
import { refusedClient, refusedInWords, refusedRemedy } from '../console/page/refused-words.ts';
import { type CredentialView, credentialView } from '../devices/credential-door.ts';
import { type Secrets, storedCredential } from '../site/secrets.ts';
import type { Site } from '../site/site.ts';

export interface ListedDevices {
  /** for people */
  readonly lines: readonly string[];
  /** for programs, in the form of the API */
  readonly value: { readonly credentials: readonly object[]; readonly refused: readonly object[] };
}

/** @throws ForpostError FORPOST_CONFIG_INVALID */
export async function listDevices(installationFile: string): Promise<ListedDevices> {
  const { site_file: siteFile, secrets_file: secretsFile, data } = loadInstallation(installationFile);
  const { site, secrets } = loadSite(siteFile, secretsFile);
  const { devices, bridges = [], consumers } = site;
  const refused = new RefusedClients({ now: () => 0 });
  const ids = new Set<string>([...devices, ...bridges, ...consumers].map(({ id }) => id));
  refused.recall(await readRefused(join(data, refusedFileName)), (id) => ids.has(id));
  const views = new Map(credentialViews(site, secrets.mqtt).map((view) => [view.id, view]));
  const under = (id: string) => [
    ...credentialLines(views.get(id)),
    ...refused.list(id).map((one) => `  refused: it ${refusalWords(one)}`),
  ];
  const strangers = refused.list().filter(({ principal }) => principal === null);
  const lines = [
    ...devices.flatMap(({ id, name, decoder }) => [[id, `device, ${decoder}`, name ?? ''].join('\t'), ...under(id)]),
    ...bridges.flatMap(({ id, name, decoder, devices: behind = [] }) => [
      [id, `bridge, ${decoder}`, name ?? ''].join('\t'),
      ...under(id),
      ...behind.map((one) => [one.id, `device behind ${id}`, one.name ?? ''].join('\t')),
    ]),
    ...consumers.flatMap(({ id, name, role }) => {
      const roles = [role ?? []].flat();
      return [[id, ['consumer', ...roles].join(', '), name ?? ''].join('\t'), ...under(id)];
    }),
    ...strangers.map((one) => `refused: ${refusedClient({ ...one, name: null })} ${refusalWords(one)}`),
  ];
  return { lines, value: { credentials: [...views.values()], refused: refused.list() } };
}

function credentialViews(site: Site, mqtt: Secrets['mqtt']): readonly CredentialView[] {
  const stored = (id: string) => (Object.hasOwn(mqtt, id) ? storedCredential(mqtt[id] ?? {}) : undefined);
  return principalsIn(site).map((one) => credentialView(one, stored(one.id), systemClock.now()));
}

/** Lines for a revocation, a grace, certificates and a fixed user name; a password alone has none. */
function credentialLines(view: CredentialView | undefined): readonly string[] {
  if (view === undefined) return [];
  const { user, clientId, password, graceUntil, certificates, revoked } = view;
  const also = clientId === null ? '' : ` and the client id ${clientId}`;
  return [
    ...(revoked === null ? [] : [`  revoked since ${revoked}`]),
    ...(graceUntil === null ? [] : [`  the password before is valid until ${graceUntil}`]),
    ...certificates.map((certificate) => `  logs in by the certificate ${certificate}`),
    ...(password === 'fixed' ? [`  logs in with the user name ${user}${also}, which it came with`] : []),
  ];
}

function refusalWords(one: RefusedClient): string {
  const from = one.principal === null || one.address === '' ? '' : ` from ${one.address}`;
  const remedy = refusedRemedy(one);
  return `${refusedInWords(one)}${from}; ${one.count} times, last at ${rfc3339(one.last)}${remedy === '' ? '' : `. ${remedy}`}`;
}
