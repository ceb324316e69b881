/** Composes the door to credentials of a running gateway. Constructs and connects only. */
import { CredentialStore } from '../config/credential-store.ts';
import type { GatewayOptions } from './options.ts';
import type { Alarming, Ground } from './parts.ts';

export function composeCredentials(
  { installation, clock }: GatewayOptions,
  { devices, broker }: Pick<Ground, 'devices' | 'broker'>,
  { site, checks }: Pick<Alarming, 'site' | 'checks'>,
): CredentialStore {
  const { logIns } = devices;
  return new CredentialStore({
    site: () => site.current,
    secretOf: (id) => logIns.secretOf(id),
    write: (changes) => checks.writeCredentials(changes),
    alone: (run) => site.document.alone(run),
    live: {
      set: (changed) => logIns.set(changed),
      revoke: (id) => logIns.revoke(id),
      endInvalid: (of) => broker.endInvalid((id, credential) => logIns.standing(id, credential), of),
    },
    clock,
    hasClientCa: installation.mqtt.tls?.client_ca !== undefined,
  });
}
