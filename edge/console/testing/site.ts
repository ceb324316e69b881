/** For tests of the page: the document of a small site in a folder of its own, with its secrets and credentials. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@forpost/shared/clock.ts';
import { words } from '@forpost/shared/texts/english.ts';
import { DocumentChecks } from '../../config/check/document-checks.ts';
import { loadSite } from '../../config/load-site.ts';
import { Bridge } from '../../devices/bridges/bridge.ts';
import type { BridgeView } from '../../devices/bridges/bridge-view.ts';
import type { FoundDevice } from '../../devices/bridges/name-entry.ts';
import type { CredentialDoor, CredentialView } from '../../devices/credential-door.ts';
import { RecentMessages } from '../../devices/recent-messages.ts';
import { SiteDocument } from '../../site/document.ts';
import type { BridgeConfig } from '../../site/site.ts';
import { valuesIn } from '../../site/values.ts';
import type { LinkStep } from '../../uplink/messages.ts';
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
    'document' | 'passwordsFor' | 'credentials' | 'messages' | 'restoreDesk' | 'bridges' | 'centre' | 'machine'
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
      bridges: bridgesOf(document),
      centre,
      machine: {
        names: () => ({
          hostName: 'gate',
          interfaces: [{ name: 'eth0', addresses: ['10.0.0.7', '2001:db8::7'] }],
          systemTimeZone: 'Etc/UTC',
        }),
        now: () => Date.now(),
        quality: () => 'unsynced',
        timeService: () => 'chrony',
      },
    },
    remove: () => rmSync(folder, { recursive: true }),
  };
}

/** A link whose token the receiver does not know. */
const centre: NonNullable<ConsoleServerOptions['centre']> = {
  links: () => [
    {
      sink: 'centre',
      kind: 'http',
      to: 'https://centre.example.org',
      isEncrypted: true,
      credential: 'token',
      certificateUntil: Date.now() + 20 * 86_400_000,
      lastSuccess: Date.now() - 3_600_000,
    },
  ],
  tryLink: async () => {
    const where = 'centre.example.org:443';
    const certificate = { version: 'TLSv1.3', day: '2027-02-01' };
    const refused = { where: 'https://centre.example.org', status: '401', reason: 'unknown token' };
    return [
      step('name', where, 'ok', words('gateway/reason.link-name', { addresses: '203.0.113.7' })),
      step('connection', where, 'ok', words('gateway/reason.link-connected', { address: '203.0.113.7' })),
      step('tls', where, 'ok', words('gateway/reason.link-certificate', certificate)),
      step('log-in', where, 'failed', words('gateway/reason.http-answered', refused)),
      step('answer', where, 'skipped', words('gateway/reason.link-skipped')),
    ];
  },
};

function step(what: LinkStep['what'], where: string, result: LinkStep['result'], said: string): LinkStep {
  return { what, where, result, said, ms: 12 };
}

/** No backup comes. */
const none = async (): Promise<RestoreState> => ({ state: 'none' });
const noRestore: RestoreDesk = { state: none, part: none, stage: none, commit: async () => undefined, discard: none };

/** The bridges of the document, each of which has found a probe until the document has it. */
function bridgesOf(document: SiteDocument): NonNullable<ConsoleServerOptions['bridges']> {
  const at = Date.now();
  const probe = {
    name: 'Probe 7',
    source: '0x7',
    model: 'Aqara WSDCGQ11LM',
    first: at,
    last: at,
    messages: 3,
    topic: 'zigbee/Probe 7',
    payload: '{"temperature":8}',
    values: { temperature_c: 8 },
  };
  const all = (): readonly BridgeView[] => {
    const { bridges = [] } = valuesIn(document.text) as { readonly bridges?: readonly BridgeConfig[] };
    return bridges.map(({ id, name = id, decoder, devices = [] }) => ({
      id,
      name,
      decoder,
      connected: true,
      reachable: true,
      devices: devices.map((one) => ({ id: one.id, name: one.name ?? one.id, source: one.source ?? one.id })),
      found: devices.some(({ source }) => source === probe.source) ? [] : [probe],
      dropped: 0,
    }));
  };
  return {
    bridges: all,
    bridge: (id) => (all().some((one) => one.id === id) ? new FoundProbe(probe) : undefined),
  };
}

/** A bridge that knows one found device. */
class FoundProbe extends Bridge {
  readonly #probe: FoundDevice;

  constructor(probe: FoundDevice) {
    super({ id: 'zigbee' as BridgeConfig['id'], decoder: 'zigbee2mqtt' });
    this.#probe = probe;
  }

  override foundBy(nameOrAddress: string): FoundDevice | undefined {
    return [this.#probe.name, this.#probe.source].includes(nameOrAddress) ? this.#probe : undefined;
  }
}

/** Every device, bridge and consumer has a made password; a change of it changes nothing. */
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
    const values = valuesIn(document.text) as Record<string, { id: string }[]>;
    const { devices = [], bridges = [], consumers = [] } = values;
    return [
      ...devices.map((one) => viewOf('device', one)),
      ...bridges.map((one) => viewOf('bridge', one)),
      ...consumers.map((one) => viewOf('consumer', one)),
    ];
  };
  return {
    list,
    view: async (id) => (await list()).find((one) => one.id === id),
    rotate: async (id) => ({ id, user: id, password: 'kestrel-otter-4471-plum', graceUntil: null }),
    revoke: async (id) => ({ id, revoked: new Date().toISOString() }),
    setCertificates: async (id) => viewOf('device', { id }),
  };
}
