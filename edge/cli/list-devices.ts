/**
 * `forpost devices list`: devices and consumers with their refused log-ins, publishes and subscriptions, and unknown
 * clients that were refused. The command reads files only: it works with and without a running gateway, whose newest
 * refusals are in the file within half a minute.
 */
import { join } from 'node:path';
import { rfc3339 } from '@forpost/shared/event/codec.ts';
import { type RefusedClient, RefusedClients } from '../broker/refused-clients.ts';
import { readRefused, refusedFileName } from '../broker/refused-file.ts';
import { loadInstallation } from '../config/load-installation.ts';
import { loadSite } from '../config/load-site.ts';
import { refusedInWords, refusedRemedy, refusedWho } from '../console/page/refused-words.ts';

/** The lines to print. @throws ForpostError FORPOST_CONFIG_INVALID */
export async function listDevices(installationFile: string): Promise<readonly string[]> {
  const { site_file: siteFile, secrets_file: secretsFile, data } = loadInstallation(installationFile);
  const { devices, consumers } = loadSite(siteFile, secretsFile).site;
  const refused = new RefusedClients({ now: () => 0 });
  const ids = new Set<string>([...devices, ...consumers].map(({ id }) => id));
  refused.recall(await readRefused(join(data, refusedFileName)), (id) => ids.has(id));
  const of = (id: string) => refused.list(id).map((one) => `  refused: it ${refusalWords(one)}`);
  const strangers = refused.list().filter(({ principal }) => principal === null);
  return [
    ...devices.flatMap(({ id, name, decoder }) => [[id, `device, ${decoder}`, name ?? ''].join('\t'), ...of(id)]),
    ...consumers.flatMap(({ id, name, role }) => {
      const roles = [role ?? []].flat();
      return [[id, ['consumer', ...roles].join(', '), name ?? ''].join('\t'), ...of(id)];
    }),
    ...strangers.map((one) => `refused: ${refusedWho({ ...one, name: null })} ${refusalWords(one)}`),
  ];
}

function refusalWords(one: RefusedClient): string {
  const from = one.principal === null || one.address === '' ? '' : ` from ${one.address}`;
  const remedy = refusedRemedy(one);
  return `${refusedInWords(one)}${from}; ${one.count} times, last at ${rfc3339(one.last)}${remedy === '' ? '' : `. ${remedy}`}`;
}
