/** Composes the pairing window. Constructs and connects only. */

import { hashPassword } from '@forpost/shared/password.ts';
import { inEnglish } from '@forpost/shared/texts/english.ts';
import type { CredentialChange } from '../config/credential-changes.ts';
import { putCredential } from '../config/pairing-credential.ts';
import { decoders } from '../devices/decoders/registry.ts';
import { Pairing } from '../devices/pairing/pairing.ts';
import { createReplace } from '../devices/pairing/replace.ts';
import { createTakeIn } from '../devices/pairing/take-in.ts';
import type { DeviceRegistry } from '../devices/registry.ts';
import type { LiveSite } from '../site/live-site.ts';
import { composeCredentials } from './credentials.ts';
import { type GatewayOptions, loggerOf } from './options.ts';
import type { Alarming, Ground } from './parts.ts';

export function composePairing(
  options: GatewayOptions,
  ground: Pick<Ground, 'devices' | 'broker'>,
  { site, checks, pipeline }: Pick<Alarming, 'site' | 'checks' | 'pipeline'>,
): Pairing {
  const { clock } = options;
  const { devices } = ground;
  const credentials = {
    secretOf: (id: string) => devices.logIns.secretOf(id),
    // in force at once: the new credential lets a revoked id in again
    write: async (changes: readonly CredentialChange[]) => devices.logIns.set(await checks.writeCredentials(changes)),
  };
  const logger = loggerOf(options, 'pairing');
  return new Pairing({
    clock,
    decoders,
    takeIn: createTakeIn({
      document: site.document,
      site: () => site.current,
      decoders,
      ownerOf: ownerOf(devices),
      putCredential: (credential) => putCredential(credentials, credential),
      hash: hashPassword,
    }),
    replace: createReplace({
      credentials: composeCredentials(options, ground, { site, checks }),
      nameOf: nameIn(site),
    }),
    onNote: ({ change, said, by }) => {
      const message = inEnglish(said);
      logger.info({ change, by }, message);
      pipeline.own.note({ change, message, message_i18n: said, by });
    },
  });
}

/** Who logs in with a user name and a client id. */
export function ownerOf({ logIns }: DeviceRegistry): (user: string, clientId: string) => string | undefined {
  return (user, clientId) => logIns.acquaintance.idOf(user, clientId);
}

/** The name of a device or consumer for people. */
export function nameIn(site: Pick<LiveSite, 'current'>): (id: string) => string {
  return (id) => {
    const { devices, bridges = [], consumers } = site.current;
    return [...devices, ...bridges, ...consumers].find((one) => one.id === id)?.name ?? id;
  };
}
