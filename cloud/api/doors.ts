/**
 * The way to the centre's page and API: TLS of its own, a trusted proxy, or this machine alone; and the token that reads
 * the metrics without a log-in.
 *
 * Always: without TLS only this machine and the trusted proxies are let in, unless cloud.yaml sets `allow_plaintext`.
 */
import { join } from 'node:path';
import type { Clock } from '@forpost/shared/clock.ts';
import type { Front } from '@forpost/shared/http/forwarded.ts';
import { isLoopback } from '@forpost/shared/http/loopback.ts';
import { MetricsToken } from '@forpost/shared/http/metrics-token.ts';
import type { Part } from '@forpost/shared/lifecycle.ts';
import type { Logger } from '@forpost/shared/logging.ts';
import { ServerCertificate } from '@forpost/shared/tls.ts';
import type { FastifyInstance } from 'fastify';
import { type CloudConfig, defaultCloudPort } from '../config/config.ts';
import type { ApiParts } from './api.ts';

export interface DoorsOptions {
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

export class Doors implements Part {
  readonly host: string;
  readonly port: number;
  readonly #options: DoorsOptions;
  readonly #certificate: ServerCertificate | undefined;
  readonly #metricsToken: MetricsToken;

  constructor(options: DoorsOptions) {
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

  /** Looks at the certificate's files now. */
  async reload(): Promise<void> {
    await this.#certificate?.reload();
  }

  /** For the API, once started. */
  get api(): Pick<ApiParts, 'tls' | 'front' | 'metricsToken' | 'sessionsFile'> {
    return {
      tls: this.#certificate?.options,
      front: this.#front(),
      metricsToken: this.#metricsToken,
      sessionsFile: join(this.#options.folder, 'sessions.json'),
    };
  }

  /** From now on `app` gets each renewed certificate. */
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

  #front(): Front {
    const { trusted_proxy: trusted = [], base_path: basePath, tls, allow_plaintext: insisted } = this.#options.http;
    const proxiesOnly = tls === undefined && insisted !== true && !isLoopback(this.host);
    return { trusted, basePath, proxiesOnly };
  }
}
