/** For tests of the page: the document of a small site in a folder of its own, with its secrets and credentials. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@forpost/shared/clock.ts';
import { DocumentChecks } from '../../config/check/document-checks.ts';
import { loadSite } from '../../config/load-site.ts';
import type { CredentialDoor, CredentialView } from '../../devices/credential-door.ts';
import { RecentMessages } from '../../devices/recent-messages.ts';
import { SiteDocument } from '../../site/document.ts';
import { valuesIn } from '../../site/values.ts';
import type { RestoreDesk, RestoreState } from '../restore-desk.ts';
import type { ConsoleServerOptions } from '../server.ts';

const text = `# the farm
site: { id: farm, name: Huber farm, timezone: Europe/Berlin }
devices: []
`;

export interface TestSite {
  readonly document: SiteDocument;
  /** for a server of the page */
  readonly options: Pick<
    ConsoleServerOptions,
    'document' | 'passwordsFor' | 'credentials' | 'messages' | 'restoreDesk'
  >;
  readonly remove: () => void;
}

export async function testSite(): Promise<TestSite> {
  const folder = mkdtempSync(join(tmpdir(), 'forpost-page-'));
  const [file, secrets] = [join(folder, 'site.yaml'), join(folder, 'secrets.yaml')];
  writeFileSync(file, text);
  writeFileSync(secrets, 'mqtt: {}\nconsole: {}\n');
  const load = (next: string) => loadSite(file, secrets, next);
  const document = new SiteDocument({ file, data: folder, load, clock: systemClock });
  await document.open();
  const checks = new DocumentChecks({ file, secretsFile: secrets, data: folder, clock: systemClock });
  return {
    document,
    options: {
      document,
      passwordsFor: (next) => checks.givePasswords(next),
      credentials: credentialsOf(document),
      messages: new RecentMessages(systemClock),
      restoreDesk: noRestore,
    },
    remove: () => rmSync(folder, { recursive: true }),
  };
}

/** No backup comes. */
const none = async (): Promise<RestoreState> => ({ state: 'none' });
const noRestore: RestoreDesk = { state: none, part: none, stage: none, commit: async () => undefined, discard: none };

/** Every device and consumer has a made password; a change of it changes nothing. */
function credentialsOf(document: SiteDocument): CredentialDoor {
  const viewOf = (kind: CredentialView['kind'], { id, name = id }: { id: string; name?: string }): CredentialView => ({
    id,
    name,
    kind,
    password: 'made',
    user: id,
    clientId: null,
    graceUntil: null,
    certificates: [],
    revoked: null,
  });
  const list = async () => {
    const { devices = [], consumers = [] } = valuesIn(document.text) as Record<string, { id: string }[]>;
    return [...devices.map((one) => viewOf('device', one)), ...consumers.map((one) => viewOf('consumer', one))];
  };
  return {
    list,
    rotate: async (id) => ({ id, user: id, password: 'kestrel-otter-4471-plum', graceUntil: null }),
    revoke: async (id) => ({ id, revoked: new Date().toISOString() }),
    setCertificates: async (id) => viewOf('device', { id }),
  };
}
