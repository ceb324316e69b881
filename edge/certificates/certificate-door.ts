/**
 * The one door to the site's own certificates: for the page, the API and the command line, whether a gateway runs or not
 * (config/certificate-store.ts).
 *
 * Always: a private key is in one answer and in no file of the gateway, but for those of the CA and the server; an issued
 * certificate is a credential of its device, bridge or consumer when it is answered.
 */
import type { KeyKind } from './issue-job.ts';

/** Times in RFC 3339. */
export interface CaView {
  readonly name: string;
  readonly key: KeyKind;
  /** SHA-256 of the certificate: AB:CD:… */
  readonly fingerprint: string;
  readonly from: string;
  readonly to: string;
  readonly state: 'valid' | 'ends-soon' | 'ended' | 'early';
  /** the certificate, PEM */
  readonly pem: string;
}

export interface ServerView {
  readonly fingerprint: string;
  readonly names: readonly string[];
  readonly from: string;
  readonly to: string;
  /** settings whose ports show it: mqtt.tls, http.tls; empty: none is set to use it */
  readonly usedBy: readonly string[];
}

/** `unused`: its device logs in by it no longer, or is gone. */
export type ClientState = 'valid' | 'ends-soon' | 'ended' | 'revoked' | 'unused';

export interface ClientView {
  /** hex */
  readonly serial: string;
  /** of the device, bridge or consumer */
  readonly id: string;
  readonly fingerprint: string;
  readonly key: KeyKind;
  readonly from: string;
  readonly to: string;
  /** who had it made */
  readonly by: string;
  readonly state: ClientState;
  /** null: it is not revoked */
  readonly revoked: string | null;
}

export interface CertificatesView {
  /** null: none was made */
  readonly ca: CaView | null;
  /** null: none was made */
  readonly server: ServerView | null;
  /** the newest first */
  readonly clients: readonly ClientView[];
  /** what does not work, a sentence each */
  readonly problems: readonly string[];
}

export interface IssueRequest {
  readonly id: string;
  readonly days: number;
  readonly key: KeyKind;
  /** passphrase of a PKCS#12 file; absent: none is made */
  readonly passphrase?: string | undefined;
}

export interface IssuedClient {
  readonly client: ClientView;
  /** PEM */
  readonly certificate: string;
  /** PKCS#8, PEM */
  readonly privateKey: string;
  /** the CA's certificate, PEM */
  readonly ca: string;
  /** base64; absent: it was not asked for */
  readonly pkcs12?: string;
}

/** All: @throws ForpostError FORPOST_ARGUMENT_INVALID for what cannot be done, FORPOST_CONFIG_INVALID for a file */
export interface CertificateDoor {
  view(): Promise<CertificatesView>;
  /** Makes the CA. `replace`: a new one in place of the present; every client has to be told then. */
  makeCa(request: { readonly key: KeyKind; readonly replace: boolean }): Promise<CaView>;
  /** Makes the server's certificate anew now. */
  renewServer(): Promise<ServerView>;
  issue(request: IssueRequest, by: string): Promise<IssuedClient>;
  /** The connections by it are closed before anything is written. `serial`: hex */
  revoke(serial: string): Promise<ClientView>;
}
