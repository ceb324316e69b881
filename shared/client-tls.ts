/**
 * TLS to another server (Kafka, the receiver): the keys in a configuration, and the client's options made from them.
 *
 * Always: each connection reads the PEM files again, so that a renewed certificate needs no restart; no message shows a key.
 */

import { readFileSync } from 'node:fs';
import Type from 'typebox';
import { ForpostError } from './errors.ts';
import { type Words, words } from './texts/english.ts';
import { certificatesIn, dayOf, privateKeyIn } from './tls.ts';

const closed = { additionalProperties: false } as const;

export const clientTlsSchema = Type.Union(
  [
    // first branch: for a misspelt key, the problem is reported against the first branch
    Type.Object(
      {
        ca: Type.Optional(
          Type.String({ description: 'PEM file with the CA of the other side', 'x-default': 'the public CAs' }),
        ),
        certificate: Type.Optional(
          Type.String({ description: 'PEM file with our own certificate, where the other side asks for one (mTLS)' }),
        ),
        key: Type.Optional(Type.String({ description: 'PEM file with its key, without a passphrase' })),
      },
      closed,
    ),
    Type.Literal(true),
  ],
  { description: 'TLS to the other side; true trusts the public CAs' },
);

export type ClientTls = Type.Static<typeof clientTlsSchema>;

type TlsFile = 'ca' | 'certificate' | 'key';

export interface TlsFileProblem {
  readonly file: TlsFile;
  /** FILE and its fault */
  readonly message: Words;
}

/** `tls` with its paths resolved by `at`. */
export function resolvedTls(tls: ClientTls, at: (path: string) => string): ClientTls {
  if (tls === true) return tls;
  return {
    ...(tls.ca === undefined ? {} : { ca: at(tls.ca) }),
    ...(tls.certificate === undefined ? {} : { certificate: at(tls.certificate) }),
    ...(tls.key === undefined ? {} : { key: at(tls.key) }),
  };
}

/** Faults of the files: missing, no PEM, a key of another certificate; with `now`, an expired certificate. */
export function tlsFileProblems(tls: ClientTls, now?: number): readonly TlsFileProblem[] {
  return readTls(tls, now).problems;
}

/** Options for Node's TLS. @throws ForpostError FORPOST_SINK_UNREACHABLE, with the first fault of the files */
export function tlsOptions(tls: ClientTls): { readonly ca?: string; readonly cert?: string; readonly key?: string } {
  const { texts, problems } = readTls(tls);
  const first = problems[0];
  if (first !== undefined) throw new ForpostError('FORPOST_SINK_UNREACHABLE', `tls.${first.file}: ${first.message}`);
  const { ca, certificate, key } = texts;
  return {
    ...(ca === undefined ? {} : { ca }),
    ...(certificate === undefined ? {} : { cert: certificate }),
    ...(key === undefined ? {} : { key }),
  };
}

function readTls(tls: ClientTls, now?: number) {
  const texts: { [file in TlsFile]?: string } = {};
  const problems: TlsFileProblem[] = [];
  if (tls === true) return { texts, problems };
  const bad = (file: TlsFile, message: Words) => void problems.push({ file, message });
  for (const file of ['ca', 'certificate', 'key'] as const) {
    const path = tls[file];
    if (path === undefined) continue;
    try {
      texts[file] = readFileSync(path, 'utf8');
    } catch (error) {
      bad(
        file,
        (error as NodeJS.ErrnoException).code === 'ENOENT'
          ? words('gateway/problem.file-not-there', { file: path })
          : words('gateway/problem.file-unreadable', { file: path }),
      );
    }
  }
  if (tls.certificate !== undefined && tls.key === undefined)
    bad('certificate', words('gateway/problem.needs-key', { file: tls.certificate }));
  if (tls.key !== undefined && tls.certificate === undefined)
    bad('key', words('gateway/problem.needs-certificate', { file: tls.key }));
  const certificateIn = (file: 'ca' | 'certificate') => {
    const text = texts[file];
    const found = text === undefined ? undefined : certificatesIn(text)?.[0];
    if (text !== undefined && found === undefined)
      bad(file, words('gateway/reason.ca-not-pem', { file: `${tls[file]}` }));
    // a bundle may hold an expired CA beside the valid one
    const bundle = file === 'ca' && text !== undefined && text.split('-----BEGIN CERTIFICATE-----').length > 2;
    if (found !== undefined && now !== undefined && !bundle && now > found.validToDate.getTime())
      bad(file, words('gateway/problem.file-expired', { file: `${tls[file]}`, day: dayOf(found.validToDate) }));
    return found;
  };
  certificateIn('ca');
  const certificate = certificateIn('certificate');
  const key = texts.key === undefined ? undefined : privateKeyIn(texts.key, `${tls.key}`);
  if (typeof key === 'string') bad('key', key);
  else if (key !== undefined && certificate !== undefined && !certificate.checkPrivateKey(key))
    bad('key', words('gateway/problem.key-of-other', { key: `${tls.key}`, certificate: `${tls.certificate}` }));
  return { texts, problems };
}
