/**
 * The centre as a process: starts its parts (composition.ts) in order and stops them in reverse.
 *
 *   data folder ─► listener ─► history ─► users ─► notifier ─► parts of the capabilities ─► registry ─► receiver
 *      ─► history on a server, when it answers ─► ingest ─► background of the capabilities ─► API and page
 *
 * Always: a part that fails to start stops those before it; an unreachable Kafka stops nothing: ingest and notifier
 * go on trying, and the page says so. Notifying never waits for the history.
 */
import { systemClock } from '@forpost/shared/clock.ts';
import { listenOrExplain } from '@forpost/shared/http/listen.ts';
import { type Part, Releasers } from '@forpost/shared/lifecycle.ts';
import { createLogger } from '@forpost/shared/logging.ts';
import { runUntilSignal } from '@forpost/shared/run.ts';
import { version } from '@forpost/shared/version.ts';
import type { FastifyInstance } from 'fastify';
import { printFirstLogin } from './access/first-login.ts';
import { restoreAcknowledgements } from './alarms/restored-acknowledgements.ts';
import { buildApi } from './api/api.ts';
import { type Composition, compose, type ServiceOptions } from './composition.ts';
import { loadCloud } from './config/load.ts';
import { startWhenReachable } from './history/start-when-reachable.ts';
import { RefilledIngest } from './ingest/refilled-ingest.ts';
import { receiverPlugin } from './receiver/receiver.ts';

const defaultHangS = 30;

/** `forpost cloud`: runs until SIGTERM or SIGINT. @throws ForpostError with what a person has to correct */
export async function runService(configFile: string): Promise<void> {
  const config = loadCloud(configFile);
  const logger = createLogger('cloud', config.log_level);
  const service = new Service({ configFile, config, clock: systemClock, random: Math.random, logger });
  await runUntilSignal(service, logger, () => service.addresses(), {
    hangS: config.watchdog?.hang_s ?? defaultHangS,
    reload: () => service.reload(),
  });
}

export class Service implements Part {
  readonly #options: ServiceOptions;
  readonly #parts: Composition;
  readonly #releasers = new Releasers();
  readonly #stopping = new AbortController();
  #url = '';

  constructor(options: ServiceOptions) {
    this.#options = options;
    this.#parts = compose(options);
  }

  async start(): Promise<void> {
    const { logger } = this.#options;
    const {
      lock,
      listener,
      users,
      poison,
      operations,
      notifier,
      registry,
      capabilities,
      flood,
      takeovers,
      delivery,
      receiver,
      gateways,
    } = this.#parts;
    const releasers = this.#releasers;
    try {
      await releasers.start('data folder', lock);
      await releasers.start('listener', listener);
      const api = this.#buildApi();
      if (!this.#historyMayWait) await this.#openHistory();
      const first = await users.start();
      releasers.add('users', () => users.stop());
      if (first !== undefined) await printFirstLogin(first);
      await poison.start();
      await releasers.start('operations', operations);
      await this.#restoreWithoutKafka();
      await releasers.start('notifier', notifier);
      // before the registry, so that they hear of every record
      await capabilities.startParts(releasers);
      await releasers.start('registry', registry);
      await releasers.start('takeovers', takeovers);
      await releasers.start('flood watch', flood);
      await releasers.start('delivery', delivery);
      if (receiver.server !== undefined) await releasers.start('receiver', receiver.server);
      if (this.#historyMayWait) await this.#waitForHistory();
      for (const { gateway } of await this.#parts.history.lanes()) gateways.remember(gateway, '');
      await this.#startIngest();
      await capabilities.startBackground(releasers);
      releasers.add('api', () => api.close());
      this.#url = listener.url(await listenOrExplain(api, listener.host, listener.port, 'http.port'));
      logger.info({ ...this.addresses(), version }, 'the centre is up');
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#releasers.releaseAll((name, problem) =>
      this.#options.logger.error({ part: name, problem }, 'a part did not stop well'),
    );
  }

  /** Reads gateways, tokens, limits and certificates again (config/reload.ts). Changed users count at once anyway. */
  async reload(): Promise<void> {
    const { reloaded, listener, receiver } = this.#parts;
    reloaded.run();
    await Promise.all([listener.reload(), receiver.server?.reload()]);
  }

  addresses(): { readonly page: string; readonly receiver?: string } {
    const { server } = this.#parts.receiver;
    return { page: this.#url, ...(server === undefined ? {} : { receiver: server.url }) };
  }

  /** Call it once the listener has started: the server is made with its certificate. */
  #buildApi(): FastifyInstance {
    const { clock, logger } = this.#options;
    const { listener, users, capabilities, receiver } = this.#parts;
    const api = buildApi({ capabilities, users, clock, logger, ...listener.api });
    if (receiver.plugin !== undefined) api.register(receiverPlugin, receiver.plugin);
    listener.serve(api);
    return api;
  }

  /** A ClickHouse server may be unreachable for a while; Kafka keeps the events. An embedded history is opened first. */
  get #historyMayWait(): boolean {
    return this.#parts.ingest !== undefined && this.#options.config.history?.url !== undefined;
  }

  async #openHistory(): Promise<void> {
    const { history, recovery, ends } = this.#parts;
    this.#releasers.add('history', () => history.stop());
    await recovery.open(history);
    await this.#releasers.start('lane ends', ends);
  }

  async #waitForHistory(): Promise<void> {
    const { history, ends } = this.#parts;
    const { clock, random, logger } = this.#options;
    this.#releasers.add('history', () => history.stop());
    await startWhenReachable(history, { clock, random, logger, stopping: this.#stopping.signal });
    await this.#releasers.start('lane ends', ends);
  }

  /** With Kafka, ingest restores acknowledgements before it reads all events again. */
  async #restoreWithoutKafka(): Promise<void> {
    const { recovery, ingest, operations, history } = this.#parts;
    if (recovery.lost && ingest === undefined) await restoreAcknowledgements(operations, history);
  }

  async #startIngest(): Promise<void> {
    const { ingest, recovery, operations, history } = this.#parts;
    if (ingest === undefined) return;
    const refill = () => restoreAcknowledgements(operations, history);
    await this.#releasers.start(
      'ingest',
      new RefilledIngest({ ingest, recovery, refill, logger: this.#options.logger }),
    );
  }
}
