/**
 * A certificate and its key in one PEM file, so that a kill or a power cut never leaves one without the other.
 *
 * Always: mode 0600 and the owner of the data folder; a file that cannot be used says why, and is never overwritten without
 * being asked for: the key of a CA that somebody can still repair is worth more than a new one.
 */
import { createPrivateKey, type X509Certificate } from 'node:crypto';
import { messageOf } from '@forpost/shared/errors.ts';
import { readWhole, replaceFile } from '@forpost/shared/files.ts';
import { type Words, words } from '@forpost/shared/texts/english.ts';
import { certificatesIn } from '@forpost/shared/tls.ts';
import type { KeyPair } from './issue-job.ts';

export interface LoadedPair extends KeyPair {
  readonly x509: X509Certificate;
  readonly keyKind: 'ec' | 'rsa';
}

export type ReadPair =
  | { readonly state: 'none' }
  | { readonly state: 'unusable'; readonly reason: Words }
  | { readonly state: 'usable'; readonly pair: LoadedPair };

/** Never rejects. */
export async function readPair(file: string): Promise<ReadPair> {
  let text: string;
  try {
    text = await readWhole(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { state: 'none' };
    return {
      state: 'unusable',
      reason: words('gateway/problem.file-unreadable-because', { file, error: messageOf(error) }),
    };
  }
  return pairIn(text, file);
}

/** The first certificate of a PEM text, and its key. */
export function pairIn(text: string, file: string): ReadPair {
  const [x509] = certificatesIn(text) ?? [];
  if (x509 === undefined) return { state: 'unusable', reason: words('gateway/reason.ca-not-pem', { file }) };
  const key = /-----BEGIN PRIVATE KEY-----[^-]+-----END PRIVATE KEY-----\n?/.exec(text)?.[0];
  const privateKey = key === undefined ? undefined : keyOf(key);
  if (key === undefined || privateKey === undefined)
    return { state: 'unusable', reason: words('gateway/problem.no-key-in', { file }) };
  if (!x509.checkPrivateKey(privateKey))
    return { state: 'unusable', reason: words('gateway/problem.key-of-other', { key: file, certificate: file }) };
  const keyKind = privateKey.asymmetricKeyType === 'rsa' ? 'rsa' : 'ec';
  return { state: 'usable', pair: { certificate: x509.toString(), key, x509, keyKind } };
}

function keyOf(pem: string): ReturnType<typeof createPrivateKey> | undefined {
  try {
    return createPrivateKey(pem);
  } catch {
    // the caller names the file
    return undefined;
  }
}

/** `above`: certificates between the own one and the key. On disk when it resolves. @throws in words, with the file */
export async function writePair(
  file: string,
  { certificate, key }: KeyPair,
  above: readonly string[] = [],
): Promise<void> {
  await replaceFile(file, [certificate, ...above, key].join(''));
}
