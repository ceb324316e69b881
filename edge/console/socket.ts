/**
 * The gateway's socket, `gateway.sock` in the data folder: the command line changes the site of a running gateway through
 * it. It serves the routes of the site's document, of its actions, of credentials, of certificates, of lists of devices and
 * of the pairing window, and nothing else.
 *
 * Always: only the gateway's user and root can open it (mode 0600 in a folder of that user), so it asks for no password; an
 * author is the user name that the client names. A socket that cannot be made stops no start; the page says so.
 */

import { closeSync, openSync } from 'node:fs';
import { chmod, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf } from '@forpost/shared/errors.ts';
import { boundRequests } from '@forpost/shared/http/bounded-requests.ts';
import { boundConnections } from '@forpost/shared/http/connections.ts';
import { registerProblems } from '@forpost/shared/http/problem.ts';
import { useSchemas } from '@forpost/shared/http/validation.ts';
import type { Part } from '@forpost/shared/lifecycle.ts';
import type { Logger } from '@forpost/shared/logging.ts';
import { noWords, type Words, words } from '@forpost/shared/texts/english.ts';
import Fastify, { type FastifyBaseLogger, type FastifyInstance, type FastifyRequest, LogController } from 'fastify';
import type { CertificateDoor } from '../certificates/certificate-door.ts';
import type { CredentialDoor } from '../devices/credential-door.ts';
import type { ImportDoor } from '../devices/import-door.ts';
import type { SiteDocument } from '../site/document.ts';
import { type ActionRouteParts, registerActionRoutes } from './action-routes.ts';
import { type BridgeRouteParts, registerBridgeRoutes } from './bridge-routes.ts';
import { type CameraLogins, registerCameraSaveRoute } from './camera-save-route.ts';
import { type CentreLinks, registerCentreRoutes } from './centre-routes.ts';
import { registerCertificateRoutes } from './certificate-routes.ts';
import { registerCredentialRoutes } from './credential-routes.ts';
import { registerImportRoute } from './import-routes.ts';
import { type PairingDoor, registerPairingRoutes } from './pairing-routes.ts';
import { type PasswordsFor, registerSiteRoutes } from './site-routes.ts';

export const socketName = 'gateway.sock';
/** the client's user name, percent-encoded */
export const userHeader = 'forpost-user';

const maxConnections = 16;
const longestName = 64;
/** sun_path of Linux has 108 bytes, one of them for the end. */
const longestPath = 107;

export interface GatewaySocketOptions {
  /** the data folder */
  readonly folder: string;
  readonly document: SiteDocument;
  readonly passwordsFor?: PasswordsFor;
  readonly credentials?: CredentialDoor;
  readonly certificates?: CertificateDoor;
  readonly devices?: ImportDoor;
  /** absent: nobody can pair through this socket */
  readonly pairing?: PairingDoor;
  readonly actions?: ActionRouteParts;
  readonly centre?: CentreLinks;
  /** stores the log-ins of cameras; absent: none is stored */
  readonly cameraLogins?: CameraLogins;
  readonly bridges?: BridgeRouteParts['bridges'];
  readonly logger: Logger;
}

export class GatewaySocket implements Part {
  readonly #options: GatewaySocketOptions;
  #app: FastifyInstance | undefined;
  #problem: Words = noWords;

  constructor(options: GatewaySocketOptions) {
    this.#options = options;
  }

  async start(): Promise<void> {
    const { folder, document, passwordsFor, credentials, certificates, devices, bridges } = this.#options;
    const { pairing, actions, centre, cameraLogins, logger } = this.#options;
    const path = join(folder, socketName);
    const app = Fastify({
      loggerInstance: logger as FastifyBaseLogger,
      logController: new LogController({ disableRequestLogging: true }),
      forceCloseConnections: true,
    });
    boundConnections(app.server, maxConnections);
    boundRequests(app, logger);
    registerProblems(app);
    useSchemas(app);
    registerSiteRoutes(app, { document, authorOf, passwordsFor });
    if (credentials !== undefined) registerCredentialRoutes(app.withTypeProvider(), { credentials, authorOf });
    if (certificates !== undefined) registerCertificateRoutes(app.withTypeProvider(), { certificates, authorOf });
    if (bridges !== undefined) registerBridgeRoutes(app, { document, bridges, authorOf });
    if (devices !== undefined) registerImportRoute(app.withTypeProvider(), { devices, authorOf });
    if (pairing !== undefined)
      registerPairingRoutes(app.withTypeProvider(), { pairing: pairing.pairing, view: pairing.view, authorOf });
    if (actions !== undefined)
      registerActionRoutes(app.withTypeProvider(), actions, (request) => authorOf(request).name);
    if (centre !== undefined) registerCentreRoutes(app.withTypeProvider(), centre);
    if (cameraLogins !== undefined) registerCameraSaveRoute(app, { document, authorOf, logins: cameraLogins });
    try {
      // left by a killed gateway: this one holds the lock of the data folder
      await rm(path, { force: true });
      await withShortPath(path, (short) => app.listen({ path: short }));
      await chmod(path, 0o600);
      this.#app = app;
    } catch (error) {
      this.#problem = words('gateway/reason.no-socket', { where: path, reason: messageOf(error) });
      logger.warn(this.#problem);
      await app.close();
    }
  }

  async stop(): Promise<void> {
    const app = this.#app;
    this.#app = undefined;
    await app?.close();
    if (app !== undefined) await rm(join(this.#options.folder, socketName), { force: true });
  }

  /** What people should know, a sentence each. */
  problems(): readonly Words[] {
    return this.#problem === '' ? [] : [this.#problem];
  }
}

/** Runs with a path that fits into the address of a socket: a long one goes through its folder's descriptor. */
export async function withShortPath<T>(path: string, run: (path: string) => Promise<T>): Promise<T> {
  if (Buffer.byteLength(path) <= longestPath) return run(path);
  const folder = openSync(join(path, '..'), 'r');
  try {
    return await run(`/proc/self/fd/${folder}/${socketName}`);
  } finally {
    closeSync(folder);
  }
}

function authorOf({ headers }: FastifyRequest): { readonly kind: 'command-line'; readonly name: string } {
  const value = headers[userHeader];
  return { kind: 'command-line', name: typeof value === 'string' ? decoded(value).slice(0, longestName) : '' };
}

function decoded(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    // not percent-encoded
    return value;
  }
}
