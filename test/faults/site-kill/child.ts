/**
 * A process that does what a gateway does at pairing, or at the first start after a restore from the page, without the rest
 * of a gateway: FOLDER take-in | adopt. kill-at.mjs kills it on the way.
 */
import { join } from 'node:path';
import { FakeClock } from '@forpost/shared/clock.ts';
import { adoptRestore } from '../../../edge/backup/staged-restore.ts';
import { writeCredentials } from '../../../edge/config/credential-changes.ts';
import { loadSite } from '../../../edge/config/load-site.ts';
import { putCredential } from '../../../edge/config/pairing-credential.ts';
import { decoders } from '../../../edge/devices/decoders/registry.ts';
import { Knocker } from '../../../edge/devices/pairing/knocker.ts';
import { createTakeIn } from '../../../edge/devices/pairing/take-in.ts';
import { budgetOfOne, WorkBudget } from '../../../edge/devices/pairing/work-budget.ts';
import { SiteDocument } from '../../../edge/site/document.ts';

const [folder = '', what] = process.argv.slice(2);
if (what === 'adopt') await adoptRestore(join(folder, 'gateway.yaml'));
else await takeIn();

async function takeIn(): Promise<void> {
  const clock = new FakeClock(Date.UTC(2026, 10, 30, 9));
  const [file, secrets, data] = ['site.yaml', 'secrets.yaml', 'data'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  const load = (text: string) => loadSite(file, secrets, text);
  const document = new SiteDocument({ file, data, load, clock });
  await document.open();
  const write = async (changes: Parameters<typeof writeCredentials>[1]) =>
    writeCredentials({ secrets_file: secrets, data }, changes);
  const take = createTakeIn({
    document,
    site: () => load(document.text).site,
    decoders,
    ownerOf: () => undefined,
    putCredential: (credential) => putCredential({ secretOf: () => undefined, write }, credential),
    hash: async () =>
      '$argon2id$v=19$m=19456,t=2,p=1$Zm9ycG9zdC1ub2JvZHkhIQ$b5mXl0yf3p9tDz5Wt0i5rJ6vZ4o0s1u2w3x4y5z6A7g',
  });
  const knock = {
    clientId: 'DVES_1A2B3C',
    user: 'DVES_USER',
    password: Buffer.from('a password of the plug'),
    address: '10.0.0.7',
    version: '3.1.1',
    isEncrypted: false,
    principal: null,
    will: { topic: 'tele/tasmota_1A2B3C/LWT', payload: Buffer.from('Offline') },
  } as const;
  const knocker = new Knocker(1, knock.address, knock, clock.now(), new WorkBudget(clock, budgetOfOne));
  knocker.connected(knock, { send: () => true, end: () => undefined }, clock.now());
  knocker.noteWill(decoders, clock.now());
  const taken = await take(knocker, { name: 'Plug', logIn: 'own' }, { kind: 'page', name: 'anna' });
  if (!('device' in taken)) throw new Error(JSON.stringify(taken));
}
