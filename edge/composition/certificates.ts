/** Composes the site's CA, the gateway's own certificate and those of clients. Constructs and connects only. */
import { join } from 'node:path';
import { issuingThread } from '../certificates/issuer.ts';
import { IssuedRegister } from '../certificates/register.ts';
import { certificateFolder, SiteAuthority } from '../certificates/site-authority.ts';
import { namesOfThisMachine } from '../certificates/this-machine.ts';
import { CertificateStore } from '../config/certificate-store.ts';
import type { CredentialStore } from '../config/credential-store.ts';
import { usesSiteCertificate } from '../config/load-installation.ts';
import { storedCredential } from '../site/secrets.ts';
import { type GatewayOptions, loggerOf } from './options.ts';
import type { GatewayClock, Ground } from './parts.ts';

/** Whether the clock is right enough to end a certificate. */
function isClockRight({ installation }: GatewayOptions, { quality }: GatewayClock): boolean {
  return quality() === 'synced' || (installation.clock?.trusted ?? false);
}

/** `onRenewed`, `onChecked`: called only after all groups exist. */
export function composeAuthority(
  options: GatewayOptions,
  gatewayClock: GatewayClock,
  later: { readonly onRenewed: () => Promise<void>; readonly onChecked: () => void },
): Pick<Ground, 'authority' | 'issued'> {
  const { installation, clock } = options;
  const folder = certificateFolder(installation.data);
  return {
    authority: new SiteAuthority({
      gateway: installation.gateway,
      folder,
      names: () => namesOfThisMachine(installation.certificates?.names),
      usedBy: usesSiteCertificate(installation),
      issue: issuingThread(clock),
      clock,
      isClockRight: () => isClockRight(options, gatewayClock),
      logger: loggerOf(options, 'certificates'),
      ...later,
    }),
    issued: new IssuedRegister({
      file: join(folder, 'issued.json'),
      now: () => clock.now(),
      isClockRight: () => isClockRight(options, gatewayClock),
    }),
  };
}

export function composeCertificates(
  { clock }: GatewayOptions,
  { authority, issued, devices: { logIns }, broker }: Ground,
  credentials: CredentialStore,
): CertificateStore {
  return new CertificateStore({
    authority,
    register: issued,
    credentials,
    certificatesOf: (id) => storedCredential(logIns.secretOf(id) ?? {}).certificates ?? [],
    clock,
    endInvalid: () => broker.endInvalid((id, credential) => logIns.standing(id, credential)),
  });
}
