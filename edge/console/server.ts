/**
 * The installer's local page and API over HTTP(S).
 *
 * A proxy in front may show the page under any path, because the page's addresses are relative.
 *
 * Always: passwords cross a network only with TLS: plain HTTP listens on loopback or for trusted proxies alone, and only
 * redirects where TLS is on. Without a usable certificate the page over TLS is missing until the certificate can be read;
 * everything else runs. All routes but health and the page's files need a log-in, metrics a log-in or their token. A page
 * that does not read its stream costs bounded memory, and delays no alert.
 */

import type { Server as HttpsServer } from 'node:https';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { Server as TlsServer } from 'node:tls';
import { type Clock, systemClock } from '@forpost/shared/clock.ts';
import { ForpostError } from '@forpost/shared/errors.ts';
import { boundRequests } from '@forpost/shared/http/bounded-requests.ts';
import { boundConnections } from '@forpost/shared/http/connections.ts';
import { type ProxySettings, proxyOptions, registerProxies } from '@forpost/shared/http/forwarded.ts';
import { listenOrExplain } from '@forpost/shared/http/listen.ts';
import { type Login, type Role, registerLogin } from '@forpost/shared/http/login.ts';
import { isLoopback } from '@forpost/shared/http/loopback.ts';
import { MetricsToken } from '@forpost/shared/http/metrics-token.ts';
import { registerOpenApi } from '@forpost/shared/http/openapi.ts';
import { paceHandshakes } from '@forpost/shared/http/paced-handshakes.ts';
import { registerProblems } from '@forpost/shared/http/problem.ts';
import { registerRights } from '@forpost/shared/http/rights.ts';
import { registerSameOrigin } from '@forpost/shared/http/same-origin.ts';
import { registerSecurityHeaders } from '@forpost/shared/http/security-headers.ts';
import { useSchemas } from '@forpost/shared/http/validation.ts';
import { type Part, Releasers } from '@forpost/shared/lifecycle.ts';
import type { Logger } from '@forpost/shared/logging.ts';
import { type Words, words } from '@forpost/shared/texts/english.ts';
import { ServerCertificate } from '@forpost/shared/tls.ts';
import Fastify, {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyRequest,
  type FastifyServerOptions,
  LogController,
} from 'fastify';
import type { CertificateDoor } from '../certificates/certificate-door.ts';
import type { CredentialDoor } from '../devices/credential-door.ts';
import type { ImportDoor } from '../devices/import-door.ts';
import type { RecentMessages } from '../devices/recent-messages.ts';
import type { GatewayHealth } from '../health/health.ts';
import type { GatewayMetrics } from '../health/metrics.ts';
import type { SiteDocument } from '../site/document.ts';
import type { Author } from '../site/revision.ts';
import { type ActionRouteParts, registerActionRoutes } from './action-routes.ts';
import { registerBackupRoute } from './backup-route.ts';
import { type BridgeRouteParts, registerBridgeRoutes } from './bridge-routes.ts';
import { type CameraLogins, registerCameraSaveRoute } from './camera-save-route.ts';
import { type CameraSetUpParts, registerCameraSetUpRoutes } from './camera-set-up-routes.ts';
import { type CentreLinks, registerCentreRoutes } from './centre-routes.ts';
import { registerCertificateRoutes } from './certificate-routes.ts';
import { registerCredentialRoutes } from './credential-routes.ts';
import { registerImportRoute } from './import-routes.ts';
import { type MachineSource, registerMachineRoute } from './machine-route.ts';
import { registerMessageRoute } from './message-routes.ts';
import { PageAssets } from './page-assets.ts';
import { type PairingDoor, registerPairingRoutes } from './pairing-routes.ts';
import type { RestoreDesk } from './restore-desk.ts';
import { registerRestoreRoutes } from './restore-routes.ts';
import { registerOpenRoutes, registerRoutes } from './routes.ts';
import { type RuleRouteParts, registerRuleRoutes } from './rule-routes.ts';
import { defaultHttpPort, defaultHttpsPort, type HttpSettings } from './settings.ts';
import { type PasswordsFor, registerSiteRoutes } from './site-routes.ts';
import type { ConsoleSource } from './source.ts';

export interface ConsoleServerOptions {
  readonly http: HttpSettings;
  /** the argon2id hash of this log-in name's password */
  readonly users: (name: string) => string | undefined;
  /** the role of this person; default: operator, who may do everything */
  readonly roleOf?: (name: string) => Role;
  readonly source: ConsoleSource;
  /** the site's document; absent: the page cannot change it */
  readonly document?: SiteDocument;
  /** the site's bridges; absent: the API has no routes for them */
  readonly bridges?: BridgeRouteParts['bridges'];
  /** makes the passwords of new devices and consumers */
  readonly passwordsFor?: PasswordsFor;
  /** the credentials of devices, bridges and consumers; absent: the page cannot change them */
  readonly credentials?: CredentialDoor;
  /** the site's CA and its certificates; absent: the page has none */
  readonly certificates?: CertificateDoor;
  /** takes lists of devices; absent: the page adds them one by one */
  readonly devices?: ImportDoor;
  /** the pairing window; absent: this page has none */
  readonly pairing?: PairingDoor;
  /** finds and tests cameras; absent: the page finds none */
  readonly cameras?: Omit<CameraSetUpParts, 'login'>;
  /** stores the log-ins of cameras; absent: none is stored */
  readonly cameraLogins?: CameraLogins;
  /** makes a backup; absent: the page makes none. @throws ForpostError with the reason in words */
  readonly takeBackup?: (passphrase: string) => Promise<Readable>;
  /** the machine's names and clock; absent: the page shows none */
  readonly machine?: MachineSource;
  /** the links to the centre; absent: the page shows none */
  readonly centre?: CentreLinks;
  /** the site's actions; absent: the page shows none */
  readonly actions?: ActionRouteParts;
  /** the set-up of rules; absent: the page makes none */
  readonly rules?: RuleRouteParts;
  /** newest messages of watched devices; absent: the page shows none */
  readonly messages?: Pick<RecentMessages, 'watch'>;
  /** a restore on this box; absent: the page makes none */
  readonly restoreDesk?: RestoreDesk;
  readonly health: Pick<GatewayHealth, 'alive' | 'ready'>;
  readonly metrics: Pick<GatewayMetrics, 'contentType' | 'render'>;
  readonly clock: Clock;
  readonly logger: Logger;
  /** id of this gateway, for the cookie's name: several gateways may run on one host */
  readonly gateway: string;
  /** folder for log-ins across restarts and for the metrics' token; absent: neither is kept, and metrics need a log-in */
  readonly folder?: string;
}

const maxBodyBytes = 65_536;
const maxConnections = 256;
/** The deadline for the head and body of a request; an answer, such as a stream, may last longer. */
const requestTimeoutMs = 30_000;

export class ConsoleServer implements Part {
  readonly #options: ConsoleServerOptions;
  #releasers = new Releasers();
  #url: string | undefined;
  #plainUrl: string | undefined;
  #certificate: ServerCertificate | undefined;

  constructor(options: ConsoleServerOptions) {
    this.#options = options;
  }

  /** The address of the started page: https://… with TLS. @throws ForpostError FORPOST_PART_FAILED before the start */
  get url(): string {
    if (this.#url === undefined) throw new ForpostError('FORPOST_PART_FAILED', 'the console is not started');
    return this.#url;
  }

  /** The address without TLS: of the page itself, or of the redirect to it. */
  get plainUrl(): string {
    return this.#plainUrl ?? this.url;
  }

  /** @throws ForpostError FORPOST_PORT_TAKEN, FORPOST_CONFIG_INVALID with the setting to change */
  async start(): Promise<void> {
    const { http } = this.#options;
    const host = http.host ?? '127.0.0.1';
    if (http.tls === undefined && !isLoopback(host) && http.trusted_proxy === undefined) {
      throw new ForpostError(
        'FORPOST_CONFIG_INVALID',
        `http.host ${host} without TLS would send passwords in the clear: add http.tls (certificate, key), name the proxy in front as http.trusted_proxy, or set http.host to 127.0.0.1`,
      );
    }
    if (http.tls === undefined) {
      const page = await this.#page({}, false);
      const port = await this.#listen(page, host, http.port ?? defaultHttpPort, 'http.port');
      this.#url = `http://${urlHost(host)}:${port}`;
      return;
    }
    const tlsHost = http.tls.host ?? '0.0.0.0';
    const certificate = this.#ownCertificate(http.tls);
    await certificate.startOrWait();
    this.#releasers.add('certificate', () => certificate.stop());
    const page = await this.#page({ https: certificate.optionsOrNone } as FastifyServerOptions, true);
    certificate.serve(page.server as HttpsServer);
    const tlsPort = await this.#listen(page, tlsHost, http.tls.port ?? defaultHttpsPort, 'http.tls.port');
    this.#url = `https://${urlHost(tlsHost)}:${tlsPort}`;
    const redirect = this.#redirect(tlsPort);
    const port = await this.#listen(redirect, host, http.port ?? defaultHttpPort, 'http.port');
    this.#plainUrl = `http://${urlHost(host)}:${port}`;
  }

  #ownCertificate(tls: NonNullable<HttpSettings['tls']>): ServerCertificate {
    const { clock, logger } = this.#options;
    const names = tls.host === undefined ? [] : [tls.host];
    this.#certificate = new ServerCertificate({ setting: 'http.tls', files: tls, names, clock, logger });
    return this.#certificate;
  }

  /** The problems of the page's certificate, a sentence each. */
  problems(): readonly Words[] {
    return this.#certificate?.problems() ?? [];
  }

  /** Reads the certificate's files again. */
  async reload(): Promise<void> {
    await this.#certificate?.reload();
  }

  async stop(): Promise<void> {
    await this.#releasers.releaseAll((part, problem) =>
      this.#options.logger.warn({ part, problem }, 'the console did not stop cleanly'),
    );
    this.#url = undefined;
    this.#plainUrl = undefined;
  }

  async #listen(app: FastifyInstance, host: string, port: number, setting: string): Promise<number> {
    this.#releasers.add(setting, () => app.close());
    return listenOrExplain(app, host, port, setting);
  }

  #proxies(): ProxySettings {
    const { trusted_proxy: trusted = [], base_path: basePath, tls, host } = this.#options.http;
    return { trusted, basePath, proxiesOnly: tls === undefined && !isLoopback(host ?? '127.0.0.1') };
  }

  #app(more: FastifyServerOptions): FastifyInstance {
    const app = Fastify({
      ...more,
      ...proxyOptions(this.#proxies()),
      loggerInstance: this.#options.logger.child({ part: 'console' }) as FastifyBaseLogger,
      logController: new LogController({ disableRequestLogging: true }),
      bodyLimit: maxBodyBytes,
      requestTimeout: requestTimeoutMs,
      forceCloseConnections: true,
    });
    if (app.server instanceof TlsServer) paceHandshakes(app.server, { clock: systemClock });
    const connections = boundConnections(app.server, maxConnections);
    app.addHook('preClose', async () => connections.closeIdle());
    boundRequests(app, this.#options.logger);
    registerProblems(app);
    useSchemas(app);
    return app;
  }

  async #page(more: FastifyServerOptions, secure: boolean): Promise<FastifyInstance> {
    const { users, roleOf, clock, gateway, source, document, passwordsFor, health, metrics, folder } = this.#options;
    const app = this.#app(more);
    const assets = await PageAssets.load();
    const prefixOf = registerProxies(app, this.#proxies());
    const rootOf = (request: FastifyRequest) => prefixOf(request) || '.';
    registerSecurityHeaders(app, { scriptHashes: (request) => [assets.documentAt(rootOf(request)).importMapHash] });
    registerSameOrigin(app);
    const cookieName = `forpost-gateway-${gateway}`;
    const sessionsFile = folder === undefined ? undefined : join(folder, 'sessions.json');
    const metricsToken = folder === undefined ? undefined : new MetricsToken(join(folder, 'metrics-token'));
    const noToken = await metricsToken?.start();
    if (noToken !== undefined) app.log.warn(noToken);
    let login: Login | undefined;
    registerRights(app, { login: () => login, metricsToken });
    registerOpenApi(app, { title: 'Forpost gateway', description: 'The API of one gateway and its site', cookieName });
    login = registerLogin(app, {
      realm: words('gateway/reason.the-gateway'),
      users,
      ...(roleOf === undefined ? {} : { roleOf }),
      cookieName,
      secure,
      prefixOf,
      sessionsFile,
      clock,
    });
    registerOpenRoutes(app, health);
    const { takeBackup, pairing, centre, machine, rules, actions, cameras, cameraLogins, restoreDesk, messages } =
      this.#options;
    registerRoutes(app, { source, login, clock, metrics, pairing });
    if (pairing !== undefined) {
      const { pairing: window, view } = pairing;
      registerPairingRoutes(app.withTypeProvider(), {
        pairing: window,
        view,
        authorOf: (request) => authorOf(request, login),
      });
    }
    if (actions !== undefined)
      registerActionRoutes(app.withTypeProvider(), actions, (request) => authorOf(request, login).name);
    if (machine !== undefined) registerMachineRoute(app.withTypeProvider(), machine);
    if (centre !== undefined) registerCentreRoutes(app.withTypeProvider(), centre);
    if (rules !== undefined) registerRuleRoutes(app.withTypeProvider(), rules);
    if (cameras !== undefined) registerCameraSetUpRoutes(app.withTypeProvider(), { ...cameras, login });
    if (messages !== undefined) registerMessageRoute(app.withTypeProvider(), messages);
    if (takeBackup !== undefined) registerBackupRoute(app.withTypeProvider(), { takeBackup, login, gateway });
    if (restoreDesk !== undefined) registerRestoreRoutes(app.withTypeProvider(), { desk: restoreDesk, login });
    if (document !== undefined)
      registerSiteRoutes(app, { document, passwordsFor, authorOf: (request) => authorOf(request, login) });
    this.#registerDevices(app, login);
    if (document !== undefined && cameraLogins !== undefined)
      registerCameraSaveRoute(app, {
        document,
        logins: cameraLogins,
        authorOf: (request) => authorOf(request, login),
      });
    assets.register(app, rootOf);
    return app;
  }

  /** Credentials of devices, bridges and consumers, found devices, and lists of devices. */
  #registerDevices(app: FastifyInstance, login: Login): void {
    const { credentials, certificates, devices, document, bridges } = this.#options;
    const whoOf = (request: FastifyRequest) => authorOf(request, login);
    if (credentials !== undefined) registerCredentialRoutes(app.withTypeProvider(), { credentials, authorOf: whoOf });
    if (certificates !== undefined)
      registerCertificateRoutes(app.withTypeProvider(), { certificates, authorOf: whoOf });
    if (document !== undefined && bridges !== undefined)
      registerBridgeRoutes(app, { document, bridges, authorOf: whoOf });
    if (devices !== undefined) registerImportRoute(app.withTypeProvider(), { devices, authorOf: whoOf });
  }

  #redirect(tlsPort: number): FastifyInstance {
    const app = this.#app({});
    registerSecurityHeaders(app);
    registerOpenRoutes(app, this.#options.health);
    app.get('/*', async (request, reply) => {
      const name = /^([a-z0-9.-]+|\[[0-9a-f:]+\])(?::\d+)?$/i.exec(request.headers.host ?? '')?.[1] ?? 'localhost';
      return reply.redirect(`https://${name}:${tlsPort}${request.url}`, 308);
    });
    return app;
  }
}

function authorOf(request: FastifyRequest, login: Login | undefined): Author {
  return { kind: 'page', name: login?.sessionOf(request)?.user ?? '' };
}

function urlHost(host: string): string {
  if (host === '0.0.0.0' || host === '::') return 'localhost';
  return host.includes(':') ? `[${host}]` : host;
}
