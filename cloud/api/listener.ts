/**
 * Where the centre's page and API listen, and who may connect: host, port, certificate, trusted proxies, and the token that
 * reads the metrics without a log-in.
 *
 * Always: without TLS only this machine and the trusted proxies may connect, unless cloud.yaml sets `allow_plaintext`.
 */
import { join } from 'node:path';
import type { Clock } from '@forpost/shared/clock.ts';
import type { ProxySettings } from '@forpost/shared/http/forwarded.ts';
import { isLoopback } from '@forpost/shared/http/loopback.ts';
import { MetricsToken } from '@forpost/shared/http/metrics-token.ts';
import type { Part } from '@forpost/shared/lifecycle.ts';
import type { Logger } from '@forpost/shared/logging.ts';
import { ServerCertificate } from '@forpost/shared/tls.ts';
import type { FastifyInstance } from 'fastify';
import { type CloudConfig, defaultCloudPort } from '../config/config.ts';
import type { ApiParts } from './api.ts';

export interface ApiListenerOptions {
  readonly http: CloudConfig['http'];
  /** the centre's data folder */
  readonly folder: string;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** The token that reads /metrics. */
export function metricsTokenOf({ http, data }: Pick<CloudConfig, 'http' | 'data'>): MetricsToken {
  return new MetricsToken(http.metrics_token_file ?? join(data, 'metrics-token'));
}

export class ApiListener implements Part {
  readonly host: string;
  readonly port: number;
  readonly #options: ApiListenerOptions;
  readonly #certificate: ServerCertificate | undefined;
  readonly #metricsToken: MetricsToken;

  constructor(options: ApiListenerOptions) {
    const { http, folder, clock, logger } = options;
    this.#options = options;
    this.host = http.host ?? (http.tls === undefined ? '127.0.0.1' : '0.0.0.0');
    this.port = http.port ?? defaultCloudPort;
    this.#metricsToken = metricsTokenOf({ http, data: folder });
    this.#certificate =
      http.tls === undefined
        ? undefined
        : new ServerCertificate({ setting: 'http.tls', files: http.tls, names: [this.host], clock, logger });
  }

  /** @throws ForpostError FORPOST_CONFIG_INVALID where the certificate cannot be used at all */
  async start(): Promise<void> {
    const noToken = await this.#metricsToken.start();
    if (noToken !== undefined) this.#options.logger.warn(noToken);
    await this.#certificate?.start();
  }

  async stop(): Promise<void> {
    await this.#certificate?.stop();
  }

  /** Reads the certificate's files again. */
  async reload(): Promise<void> {
    await this.#certificate?.reload();
  }

  /** Options of the API; call it after `start`. */
  get api(): Pick<ApiParts, 'tls' | 'proxies' | 'metricsToken' | 'sessionsFile'> {
    return {
      tls: this.#certificate?.options,
      proxies: this.#proxies(),
      metricsToken: this.#metricsToken,
      sessionsFile: join(this.#options.folder, 'sessions.json'),
    };
  }

  /** Gives `app` each renewed certificate from now on. */
  serve(app: FastifyInstance): void {
    this.#certificate?.serve(app.server as unknown as Parameters<ServerCertificate['serve']>[0]);
  }

  /** Sentences for the page. */
  problems(): readonly string[] {
    return this.#certificate?.problems() ?? [];
  }

  get certificateEndsAt(): number | undefined {
    return this.#certificate?.endsAt;
  }

  url(port: number): string {
    const host = this.host.includes(':') ? `[${this.host}]` : this.host;
    return `${this.#certificate === undefined ? 'http' : 'https'}://${host}:${port}`;
  }

  #proxies(): ProxySettings {
    const { trusted_proxy: trusted = [], base_path: basePath, tls, allow_plaintext: insisted } = this.#options.http;
    const proxiesOnly = tls === undefined && insisted !== true && !isLoopback(this.host);
    return { trusted, basePath, proxiesOnly };
  }
}
