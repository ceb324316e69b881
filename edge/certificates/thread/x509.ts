/**
 * Encodes and signs X.509 certificates (RFC 5280) with pkijs.
 *
 * Always: a serial number has 127 random bits; a CA signs certificates of servers and clients alone, and no further CA
 * (path length 0); each certificate names its use, so that a client's certificate serves no page.
 */
import { createPrivateKey, randomBytes, webcrypto, X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { BitString, Integer, OctetString, Utf8String } from 'asn1js';
import {
  AttributeTypeAndValue,
  AuthorityKeyIdentifier,
  BasicConstraints,
  Certificate,
  CryptoEngine,
  Extension,
  ExtKeyUsage,
  GeneralName,
  GeneralNames,
  Time,
} from 'pkijs';
import { addressBytes } from '../address-bytes.ts';
import type { Issued, IssueJob, KeyKind, KeyPair } from '../issue-job.ts';
import { pemOf } from '../pem.ts';
import { pkcs12Of } from './pkcs12.ts';

/** The library's types are those of a browser; Node's WebCrypto is the same. */
const engine = new CryptoEngine({ name: 'node', crypto: webcrypto as never });

/** object identifiers of RFC 5280 */
const oid = {
  commonName: '2.5.4.3',
  subjectKeyIdentifier: '2.5.29.14',
  keyUsage: '2.5.29.15',
  subjectAltName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  authorityKeyIdentifier: '2.5.29.35',
  extKeyUsage: '2.5.29.37',
  serverAuth: '1.3.6.1.5.5.7.3.1',
  clientAuth: '1.3.6.1.5.5.7.3.2',
} as const;

/** Bits of the key usage, from the left (RFC 5280, 4.2.1.3). */
const usage = { signs: 0x80, enciphersKeys: 0x20, signsCertificates: 0x04, signsLists: 0x02 } as const;

/** A CA lives for decades, a certificate for a year. */
const rsaBits = { ca: 3072, server: 2048, client: 2048 } as const;
const serialBytes = 16;
/** RFC 5280, 4.1.2.5: dates from here on are a GeneralizedTime. */
const firstGeneralizedYear = 2050;
const generalizedTime = 1;

/** Makes a key and its certificate. */
export async function issue(job: IssueJob): Promise<Issued> {
  const pair = await newKey(job.key, rsaBits[job.kind]);
  const issuer = job.kind === 'ca' ? undefined : await issuerOf(job.issuer);
  const certificate = await signed(job, pair.publicKey, issuer ?? { privateKey: pair.privateKey });
  const key = await webcrypto.subtle.exportKey('pkcs8', pair.privateKey);
  const issued = { certificate: pemOf('CERTIFICATE', encoded(certificate)), key: pemOf('PRIVATE KEY', key) };
  if (job.kind !== 'client' || job.passphrase === undefined || issuer === undefined) return issued;
  const chain = [certificate, issuer.certificate];
  return { ...issued, pkcs12: await pkcs12Of({ key, chain, name: job.name, passphrase: job.passphrase, engine }) };
}

function encoded(certificate: Certificate): ArrayBuffer {
  return certificate.toSchema(true).toBER(false);
}

async function newKey(kind: KeyKind, modulusLength: number): Promise<webcrypto.CryptoKeyPair> {
  const algorithm = kind === 'ec' ? ec : { ...rsa, modulusLength, publicExponent: new Uint8Array([1, 0, 1]) };
  return webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']) as Promise<webcrypto.CryptoKeyPair>;
}

const ec = { name: 'ECDSA', namedCurve: 'P-256' } as const;
const rsa = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' } as const;

interface Issuer {
  readonly privateKey: webcrypto.CryptoKey;
  readonly certificate: Certificate;
}

async function issuerOf({ certificate, key }: KeyPair): Promise<Issuer> {
  const privateKey = createPrivateKey(key);
  const pkcs8 = privateKey.export({ type: 'pkcs8', format: 'der' });
  const algorithm = privateKey.asymmetricKeyType === 'ec' ? ec : rsa;
  return {
    privateKey: await webcrypto.subtle.importKey('pkcs8', pkcs8, algorithm, false, ['sign']),
    certificate: Certificate.fromBER(bufferOf(new X509Certificate(certificate).raw)),
  };
}

async function signed(
  job: IssueJob,
  publicKey: webcrypto.CryptoKey,
  issuer: Pick<Issuer, 'privateKey'> & Partial<Issuer>,
): Promise<Certificate> {
  const certificate = new Certificate();
  // X.509 v3
  certificate.version = 2;
  certificate.serialNumber = new Integer({ valueHex: bufferOf(serialNumber()) });
  const name = new AttributeTypeAndValue({ type: oid.commonName, value: new Utf8String({ value: job.name }) });
  certificate.subject.typesAndValues.push(name);
  if (issuer.certificate === undefined) certificate.issuer.typesAndValues.push(name);
  else certificate.issuer = issuer.certificate.subject;
  certificate.notBefore = timeOf(job.from);
  certificate.notAfter = timeOf(job.to);
  await certificate.subjectPublicKeyInfo.importKey(publicKey as never, engine);
  const own = await keyIdentifier(certificate);
  certificate.extensions = [
    ...usesOf(job),
    extension(oid.subjectKeyIdentifier, false, new OctetString({ valueHex: own })),
    extension(
      oid.authorityKeyIdentifier,
      false,
      new AuthorityKeyIdentifier({
        keyIdentifier: new OctetString({
          valueHex: issuer.certificate === undefined ? own : await keyIdentifier(issuer.certificate),
        }),
      }).toSchema(),
    ),
  ];
  await certificate.sign(issuer.privateKey as never, 'SHA-256', engine);
  return certificate;
}

/** What the certificate may be used for. */
function usesOf(job: IssueJob): readonly Extension[] {
  if (job.kind === 'ca')
    return [
      extension(oid.basicConstraints, true, new BasicConstraints({ cA: true, pathLenConstraint: 0 }).toSchema()),
      extension(oid.keyUsage, true, keyUsage(usage.signsCertificates | usage.signsLists)),
    ];
  const bits = job.key === 'rsa' ? usage.signs | usage.enciphersKeys : usage.signs;
  const purpose = job.kind === 'server' ? oid.serverAuth : oid.clientAuth;
  const names = job.kind === 'server' ? job.names : [];
  return [
    extension(oid.basicConstraints, true, new BasicConstraints({ cA: false }).toSchema()),
    extension(oid.keyUsage, true, keyUsage(bits)),
    extension(oid.extKeyUsage, false, new ExtKeyUsage({ keyPurposes: [purpose] }).toSchema()),
    ...(names.length === 0
      ? []
      : [extension(oid.subjectAltName, false, new GeneralNames({ names: names.map(generalName) }).toSchema())]),
  ];
}

function extension(extnID: string, critical: boolean, value: { toBER(sizeOnly?: boolean): ArrayBuffer }): Extension {
  return new Extension({ extnID, critical, extnValue: value.toBER(false) });
}

/** The bits, without the unused ones at the end (DER). */
function keyUsage(bits: number): BitString {
  const unusedBits = Math.log2(bits & -bits);
  return new BitString({ valueHex: bufferOf(new Uint8Array([bits])), unusedBits });
}

/** iPAddress (7) or dNSName (2). */
function generalName(name: string): GeneralName {
  if (isIP(name) === 0) return new GeneralName({ type: 2, value: name });
  return new GeneralName({ type: 7, value: new OctetString({ valueHex: bufferOf(addressBytes(name)) }) });
}

/** RFC 5280, 4.2.1.2, method 1: SHA-1 of the public key. A name of the key, no protection. */
async function keyIdentifier({ subjectPublicKeyInfo }: Certificate): Promise<ArrayBuffer> {
  return webcrypto.subtle.digest(
    'SHA-1',
    subjectPublicKeyInfo.subjectPublicKey.valueBlock.valueHexView as Uint8Array<ArrayBuffer>,
  );
}

/** A positive number of 127 random bits, whose first byte is not 0. */
function serialNumber(): Uint8Array {
  const bytes = randomBytes(serialBytes);
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x40;
  return bytes;
}

/** Whole seconds: a GeneralizedTime with a fraction is no certificate (RFC 5280, 4.1.2.5.2). */
function timeOf(ms: number): Time {
  const value = new Date(Math.floor(ms / 1000) * 1000);
  return value.getUTCFullYear() < firstGeneralizedYear
    ? new Time({ value })
    : new Time({ type: generalizedTime, value });
}

function bufferOf(bytes: Uint8Array): ArrayBuffer {
  return new Uint8Array(bytes).buffer;
}
