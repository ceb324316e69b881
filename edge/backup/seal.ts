/**
 * Packs entries into a tar archive and encrypts it with a passphrase (age-encryption.org/v1, its scrypt recipient), and
 * the reverse. Both directions stream.
 *
 *   entries ──► tar ──► age: header with the wrapped key, then chunks of 64 KiB, the last one marked ──► bytes
 *
 * Always: what `unseal` gives was authenticated chunk by chunk, and it ends well only after the marked last chunk: a
 * flipped bit, a cut file and an appended byte are errors. The memory is bounded: 10 MiB of tar, and what scrypt takes
 * (128 MiB with the factor used here, at most 1 GiB with a file from elsewhere). scrypt blocks its thread for about a
 * second, so both run in a process of their own.
 */
import { type FileHandle, open } from 'node:fs/promises';
import { ForpostError, messageOf } from '@forpost/shared/errors.ts';
import { Decrypter, Encrypter } from 'age-encryption';
import { createTarDecoder, createTarPacker, type TarPackController } from 'modern-tar';

/** One file of an archive; `bytes` must yield exactly `size` bytes. */
export interface Entry {
  readonly name: string;
  readonly size: number;
  readonly bytes: AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
}

/** log2 of scrypt's N, with r = 8 and p = 1: OWASP's first choice, 128 MiB. */
export const workFactor = 17;
const readBytes = 64 * 1024;
/** An age header of one scrypt recipient has some 190 bytes. */
const headerBytes = 512;
const ageMark = 'age-encryption.org/v1\n';
const ageHeader =
  /^age-encryption\.org\/v1\n-> scrypt [A-Za-z0-9+/]{22} [1-9]\d?\n[A-Za-z0-9+/]{43}\n--- [A-Za-z0-9+/]{43}\n/;

/** The encrypted archive. An error of `entries` is the stream's error. */
export async function seal(
  entries: AsyncIterable<Entry>,
  passphrase: string,
  factor = workFactor,
): Promise<ReadableStream<Uint8Array>> {
  const encrypter = new Encrypter();
  encrypter.setPassphrase(passphrase);
  encrypter.setScryptWorkFactor(factor);
  const { readable, controller } = createTarPacker();
  // the stream passes on errors of the feed, and a reader that gives up
  void feed(entries, controller).catch((error: unknown) => controller.error(error));
  return encrypter.encrypt(readable);
}

async function feed(entries: AsyncIterable<Entry>, controller: TarPackController): Promise<void> {
  for await (const { name, size, bytes } of entries) {
    const writer = controller.add({ name, size, type: 'file', mode: 0o600 }).getWriter();
    for await (const chunk of bytes) await writer.write(chunk);
    await writer.close();
  }
  controller.finalize();
}

/**
 * An entry as it is read: `bytes` is to be read to its end before the next entry. Never cancel it: modern-tar 0.8 is some
 * entries ahead, and would then end the body of the later entry that it is at, which its reader waits for in vain.
 */
export interface OpenedEntry {
  readonly name: string;
  readonly size: number;
  readonly isFile: boolean;
  readonly bytes: ReadableStream<Uint8Array>;
}

/** Reads an archive. @throws ForpostError FORPOST_BACKUP_INVALID, FORPOST_BACKUP_FAILED */
export async function* unseal(file: string, passphrase: string): AsyncGenerator<OpenedEntry> {
  const handle = await opened(file);
  try {
    await checkHeader(handle, file);
    const decoder = createTarDecoder({ strict: true });
    const plain = await decrypted(handle, file, passphrase);
    // the readable side throws the same error
    const piped = plain.pipeTo(decoder.writable).catch(() => undefined);
    const reader = decoder.readable.getReader();
    try {
      for (;;) {
        const { value, done } = await reader.read().catch((error: unknown) => Promise.reject(damaged(file, error)));
        if (done) break;
        const { header, body } = value;
        yield { name: header.name, size: header.size, isFile: (header.type ?? 'file') === 'file', bytes: body };
      }
      await piped;
    } finally {
      await reader.cancel().catch(() => undefined);
    }
  } finally {
    await handle.close();
  }
}

/** Turns an error of reading an entry's bytes into that of a damaged file; a ForpostError stays as it is. */
export function damaged(file: string, error: unknown): ForpostError {
  if (error instanceof ForpostError) return error;
  return new ForpostError(
    'FORPOST_BACKUP_INVALID',
    `${file} is damaged or cut off (${messageOf(error)}): take another copy of it`,
    { cause: error },
  );
}

async function opened(file: string): Promise<FileHandle> {
  try {
    return await open(file, 'r');
  } catch (error) {
    throw new ForpostError('FORPOST_BACKUP_FAILED', `${file} cannot be read: ${messageOf(error)}`, { cause: error });
  }
}

/** age's own reader would take a file without line ends into memory. */
async function checkHeader(handle: FileHandle, file: string): Promise<void> {
  const start = Buffer.alloc(headerBytes);
  const { bytesRead } = await handle.read(start, 0, headerBytes, 0).catch((error: unknown) => {
    throw new ForpostError('FORPOST_BACKUP_FAILED', `${file} cannot be read: ${messageOf(error)}`, { cause: error });
  });
  const text = start.toString('latin1', 0, bytesRead);
  if (ageHeader.test(text)) return;
  const isAge = text.startsWith(ageMark);
  throw new ForpostError(
    'FORPOST_BACKUP_INVALID',
    isAge
      ? `${file} has a damaged beginning, or is encrypted for a key and not with a passphrase`
      : `${file} is no backup of Forpost: it does not begin with «${ageMark.trim()}»`,
  );
}

async function decrypted(handle: FileHandle, file: string, passphrase: string): Promise<ReadableStream<Uint8Array>> {
  const decrypter = new Decrypter();
  decrypter.addPassphrase(passphrase);
  try {
    return await decrypter.decrypt(streamOf(handle, file));
  } catch (error) {
    if (error instanceof ForpostError) throw error;
    if (messageOf(error).includes('no identity matched'))
      throw new ForpostError(
        'FORPOST_BACKUP_INVALID',
        `the passphrase is not that of ${file} (or the beginning of the file is damaged): nothing was changed`,
      );
    throw damaged(file, error);
  }
}

function streamOf(handle: FileHandle, file: string): ReadableStream<Uint8Array> {
  let at = 0;
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      const chunk = new Uint8Array(readBytes);
      try {
        const { bytesRead } = await handle.read(chunk, 0, readBytes, at);
        at += bytesRead;
        if (bytesRead === 0) controller.close();
        else controller.enqueue(chunk.subarray(0, bytesRead));
      } catch (error) {
        const message = `${file} cannot be read: ${messageOf(error)}`;
        controller.error(new ForpostError('FORPOST_BACKUP_FAILED', message, { cause: error }));
      }
    },
  });
}
