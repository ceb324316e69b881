/**
 * PKCS#12 files (RFC 7292): key, certificate and CA under one passphrase, as phones, browsers and Java import them.
 *
 * Always: AES-256 with PBKDF2 and SHA-256 for the key, HMAC with SHA-256 for the whole: what OpenSSL 3, Android, iOS and
 * Windows read. Certificates are not encrypted, because TLS shows them to everybody.
 */
import { BmpString, OctetString } from 'asn1js';
import {
  Attribute,
  AuthenticatedSafe,
  CertBag,
  type Certificate,
  type CryptoEngine,
  PFX,
  PKCS8ShroudedKeyBag,
  PrivateKeyInfo,
  SafeBag,
  SafeContents,
} from 'pkijs';

export interface Pkcs12Parts {
  /** PKCS#8 */
  readonly key: ArrayBuffer;
  /** the own certificate, then its CA */
  readonly chain: readonly Certificate[];
  /** shown by the program that imports the file */
  readonly name: string;
  readonly passphrase: string;
  readonly engine: CryptoEngine;
}

/** object identifiers of RFC 7292 and PKCS#9 */
const oid = {
  shroudedKeyBag: '1.2.840.113549.1.12.10.1.2',
  certBag: '1.2.840.113549.1.12.10.1.3',
  friendlyName: '1.2.840.113549.1.9.20',
  localKeyId: '1.2.840.113549.1.9.21',
} as const;

/** OpenSSL's own is 2048. */
const rounds = 100_000;
const withPassword = 0;
const plain = 0;

/** The file. */
export async function pkcs12Of({ key, chain, name, passphrase, engine }: Pkcs12Parts): Promise<Uint8Array> {
  const password = new TextEncoder().encode(passphrase).buffer;
  // says which certificate the key is of
  const ownAttributes = () => [
    new Attribute({ type: oid.friendlyName, values: [new BmpString({ value: name })] }),
    new Attribute({ type: oid.localKeyId, values: [new OctetString({ valueHex: new Uint8Array([1]).buffer })] }),
  ];
  const keyBag = new PKCS8ShroudedKeyBag({ parsedValue: PrivateKeyInfo.fromBER(key) });
  await keyBag.makeInternalValues(
    {
      password,
      contentEncryptionAlgorithm: { name: 'AES-CBC', length: 256 } as never,
      hmacHashAlgorithm: 'SHA-256',
      iterationCount: rounds,
    },
    engine,
  );
  const ofKey = new SafeBag({ bagId: oid.shroudedKeyBag, bagValue: keyBag, bagAttributes: ownAttributes() });
  const ofCertificates = chain.map(
    (certificate, index) =>
      new SafeBag({
        bagId: oid.certBag,
        bagValue: new CertBag({ parsedValue: certificate }),
        ...(index === 0 ? { bagAttributes: ownAttributes() } : {}),
      }),
  );
  const safe = new AuthenticatedSafe({
    parsedValue: {
      safeContents: [
        { privacyMode: plain, value: new SafeContents({ safeBags: [ofKey] }) },
        { privacyMode: plain, value: new SafeContents({ safeBags: ofCertificates }) },
      ],
    },
  });
  await safe.makeInternalValues({ safeContents: [{}, {}] }, engine);
  const file = new PFX({ parsedValue: { integrityMode: withPassword, authenticatedSafe: safe } });
  const mac = { password, iterations: rounds, pbkdf2HashAlgorithm: 'SHA-256', hmacHashAlgorithm: 'SHA-256' };
  await file.makeInternalValues(mac, engine);
  return new Uint8Array(file.toSchema().toBER(false));
}
