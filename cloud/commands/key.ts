/**
 * The key that signs the centre's commands: an Ed25519 private key in PEM, made when it is first needed.
 *
 * Always: the file is 0600, whole or absent, and never replaced by the centre: gateways trust its public half, which
 * installers have copied. To change the key, make another one beside it (`openssl genpkey -algorithm ed25519`), let the
 * gateways trust its public line too, and then name it in `commands.key_file`.
 */
import { createPrivateKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { chmod, mkdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ForpostError, messageOf } from '@forpost/shared/errors.ts';
import { type CommandKey, commandKey } from '@forpost/shared/event/command.ts';
import { createFile } from '@forpost/shared/files.ts';
import type { CloudConfig } from '../config/config.ts';

export interface SigningKey {
  readonly privateKey: KeyObject;
  readonly publicKey: CommandKey;
}

export function keyFileOf(config: Pick<CloudConfig, 'data' | 'commands'>): string {
  return config.commands?.key_file ?? join(config.data, 'command-key.pem');
}

/** The key in `file`; where there is none, one is made. @throws ForpostError FORPOST_DATA_FOLDER */
export async function signingKey(file: string): Promise<SigningKey> {
  try {
    await mkdir(dirname(file), { recursive: true, mode: 0o700 });
    const text = (await read(file)) ?? (await made(file));
    const privateKey = createPrivateKey(text);
    return { privateKey, publicKey: commandKey(privateKey) };
  } catch (error) {
    throw new ForpostError(
      'FORPOST_DATA_FOLDER',
      `${file}, the key that signs commands: ${messageOf(error)}. Gateways trust that very key: put it back from a backup, or move it away and have every gateway trust a new one`,
      { cause: error },
    );
  }
}

async function read(file: string): Promise<string | undefined> {
  try {
    const text = await readFile(file, 'utf8');
    await chmod(file, 0o600);
    return text;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Two processes that make a key at once get the same one. */
async function made(file: string): Promise<string> {
  const text = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  if (await createFile(file, text)) return text;
  return (await read(file)) ?? text;
}
