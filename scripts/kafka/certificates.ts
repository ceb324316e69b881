/**
 * The certificates of a test, made by the `openssl` command in a temporary folder: a CA, a broker, clients, and mistakes
 * (an unknown CA, an expired certificate).
 */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runCommand } from './java.ts';

export interface TestCertificates {
  readonly folder: string;
  readonly ca: string;
  /** the broker's certificate and key in one file */
  readonly keystore: string;
  readonly client: Pair;
  /** for a server on 127.0.0.1; the keystore holds it too */
  readonly server: Pair;
  /** signed by the same CA, expired in 2020 */
  readonly expired: Pair;
  /** a CA that signed none of the others */
  readonly otherCa: string;
  /** one more certificate of the CA, with this common name; `names`: its subject alternative names */
  sign(name: string, names?: string): Promise<Pair>;
  remove(): Promise<void>;
}

interface Pair {
  readonly certificate: string;
  readonly key: string;
}

/** Longer than the time in which Forpost warns of an ending certificate. */
const days = '90';

/** P-256: made in milliseconds, and accepted by Java without further settings. */
const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];

export async function makeCertificates(): Promise<TestCertificates> {
  const folder = await mkdtemp(join(tmpdir(), 'forpost-certificates-'));
  const at = (name: string) => join(folder, name);
  const openssl = async (...args: string[]) => {
    const { code, output } = await runCommand('openssl', args, 20_000);
    if (code !== 0) throw new Error(`openssl ${args[0]} (${code}): ${output}`);
  };
  const authority = async (name: string) => {
    const files = ['-keyout', at(`${name}.key`), '-out', at(`${name}.pem`)];
    await openssl('req', '-x509', ...newKey, '-subj', `/CN=${name}`, '-days', days, ...files);
    return at(`${name}.pem`);
  };
  const ca = await authority('ca');
  // only `openssl ca` can write an end date in the past; it wants an index and a serial number
  await writeFile(at('index'), '');
  await writeFile(at('serial'), '1000');
  await writeFile(
    at('ca.cnf'),
    `[ca]\ndefault_ca=own\n[own]\ndatabase=${at('index')}\nserial=${at('serial')}\nnew_certs_dir=${folder}\n` +
      `certificate=${ca}\nprivate_key=${at('ca.key')}\ndefault_md=sha256\npolicy=any\ncopy_extensions=copy\n` +
      'unique_subject=no\n[any]\ncommonName=supplied\n',
  );
  const signed = async (name: string, time: readonly string[], san?: string): Promise<Pair> => {
    const request = at(`${name}.csr`);
    const names = ['-addext', `subjectAltName=${san ?? 'IP:127.0.0.1,DNS:localhost'}`];
    await openssl(
      'req',
      '-new',
      ...newKey,
      '-subj',
      `/CN=${name}`,
      ...names,
      '-keyout',
      at(`${name}.key`),
      '-out',
      request,
    );
    const out = ['-notext', '-out', at(`${name}.pem`)];
    await openssl('ca', '-batch', '-config', at('ca.cnf'), '-in', request, ...time, ...out);
    return { certificate: at(`${name}.pem`), key: at(`${name}.key`) };
  };
  const broker = await signed('broker', ['-days', days]);
  const keystore = at('keystore.pem');
  await writeFile(keystore, `${await readFile(broker.key, 'utf8')}${await readFile(broker.certificate, 'utf8')}`);
  return {
    folder,
    ca,
    keystore,
    server: broker,
    sign: (name, names) => signed(name, ['-days', days], names),
    client: await signed('client', ['-days', days]),
    expired: await signed('expired', ['-startdate', '20190101000000Z', '-enddate', '20200101000000Z']),
    otherCa: await authority('other'),
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}
