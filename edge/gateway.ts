/**
 * The gateway: composes its parts (composition/), starts them in order and stops them in reverse.
 *
 *   data folder ─► outbox ─► clock ─► alarms, rules ─► uplink ─► vision ─► page ─► broker (devices come in last)
 *
 * Always: a part that fails to start stops those before it; Kafka, cameras and models that are absent stop nothing.
 * Neither this file nor composition/ makes decisions: each decision stands in its part.
 */
import { messageOf } from '@forpost/shared/errors.ts';
import { type Part, Releasers } from '@forpost/shared/lifecycle.ts';
import { version } from '@forpost/shared/version.ts';
import { activePast } from './alerts/past-alarms.ts';
import { noteAnnounced, restoredEvent } from './backup/instance.ts';
import { composeAlarming } from './composition/alarming.ts';
import { composeGround } from './composition/ground.ts';
import type { GatewayOptions } from './composition/options.ts';
import { composeOutside } from './composition/outside.ts';
import { composePage } from './composition/page.ts';
import type { Alarming, Ground, Outside, Page } from './composition/parts.ts';
import { DataFolder } from './config/data-folder.ts';
import { picturedAlarms } from './evidence/pictured-alarms.ts';
import { readOnce } from './outbox/sqlite/reader/sqlite-reader.ts';

export class Gateway implements Part {
  readonly #options: GatewayOptions;
  readonly #releasers = new Releasers();
  readonly #ground: Ground;
  readonly #alarming: Alarming;
  readonly #outside: Outside;
  readonly #page: Page;
  #listening = false;

  constructor(options: GatewayOptions) {
    this.#options = options;
    this.#ground = composeGround(options, {
      pipeline: () => this.#alarming.pipeline,
      pairing: () => this.#alarming.pairing,
      page: () => this.#page,
    });
    this.#alarming = composeAlarming(options, this.#ground, {
      outside: () => this.#outside,
      page: () => this.#page,
    });
    this.#outside = composeOutside(options, this.#ground, this.#alarming, () => this.#page);
    this.#page = composePage(options, this.#ground, this.#alarming, this.#outside, () => this.#listening);
  }

  async start(): Promise<void> {
    try {
      await this.#startMemory();
      await this.#startParts();
      this.#alarming.alarms.restore();
      this.#listening = true;
      this.#reportStart();
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  async stop(): Promise<void> {
    this.#listening = false;
    await this.#releasers.releaseAll((name, problem) =>
      this.#options.logger.error({ part: name, problem }, 'a part did not stop well'),
    );
  }

  /** Reads passwords, keys and certificates again. */
  reload(): Promise<void> {
    return this.#page.reload.run();
  }

  /** The gateway's problems, as sentences for the page. */
  problems(): readonly string[] {
    return this.#page.status.status().problems;
  }

  addresses(): { readonly mqtt: number; readonly page: string } {
    return { mqtt: this.#ground.broker.port, page: this.#page.retryingPage.url };
  }

  /** What the gateway knows from earlier runs: events, time, alarms. Then the rules. */
  async #startMemory(): Promise<void> {
    const { channelNames, bridgeNames, outbox, clock } = this.#ground;
    const { site, checks, alarms, pipeline, commander, startRules } = this.#alarming;
    await this.#releasers.start('data folder', new DataFolder(this.#options.installation.data));
    this.#releasers.add('site checks', () => checks.stop());
    await this.#releasers.start('site', site);
    await this.#releasers.start('names of channels', channelNames);
    await this.#releasers.start('names of bridges', bridgeNames);
    await this.#releasers.start('outbox', outbox);
    await this.#releasers.start('true time', clock.trueTime);
    this.#learnTime();
    await this.#releasers.start('clock', clock.sync);
    await this.#releasers.start('alarms', alarms);
    startRules();
    this.#releasers.add('pipeline', () => pipeline.stop());
    pipeline.start();
    this.#releasers.add('commands', () => commander.stop());
  }

  async #startParts(): Promise<void> {
    const { uplink, evidenceStore, uploads, vision, cameraSetUp } = this.#outside;
    const { conditions, health, host, retryingPage, socket } = this.#page;
    const { pastAlarms, alarms, actionTests } = this.#alarming;
    await this.#releasers.start('uplink', uplink);
    await this.#releasers.start('evidence', evidenceStore);
    pastAlarms.remember(activePast(alarms.active()));
    pastAlarms.remember(picturedAlarms(evidenceStore.list(Number.POSITIVE_INFINITY)));
    await this.#releasers.start('evidence uploads', uploads);
    await this.#releasers.start('vision', vision);
    await this.#releasers.start('camera set-up', cameraSetUp);
    await this.#releasers.start('conditions', conditions);
    await this.#ground.issued.start();
    await this.#releasers.start('certificates', this.#ground.authority);
    await this.#releasers.start('health', health);
    await this.#releasers.start('host health', host);
    await this.#releasers.start('socket', socket);
    await this.#releasers.start('console', retryingPage);
    await this.#releasers.start('refused clients', this.#ground.refusedFile);
    this.#releasers.add('pairing', () => this.#alarming.pairing.stop());
    await this.#releasers.start('broker', this.#ground.broker);
    await this.#releasers.start('graces of passwords', this.#ground.graces);
    // stopped before the broker: a siren that a test has switched on goes off
    this.#releasers.add('tests of actions', () => actionTests.stop());
    await this.#releasers.start('status for local subscribers', this.#page.statusTopic);
  }

  #learnTime(): void {
    const { outbox, clock } = this.#ground;
    try {
      readOnce(outbox.file, (reader) => clock.trueTime.learnFromEvents(reader));
    } catch (error) {
      this.#options.logger.warn({ problem: messageOf(error) }, 'the outbox cannot be asked for the time of its events');
    }
  }

  #reportStart(): void {
    const { installation, logger } = this.#options;
    const { pipeline, commandKeys } = this.#alarming;
    pipeline.own.note({ change: 'started', message: `Forpost ${version} started`, version });
    this.#reportRestore();
    this.#alarming.site.reportHandEdit();
    if (installation.uplink.length > 0 && commandKeys.ids().length === 0)
      logger.info('no command of a centre is taken: gateway.yaml trusts no key (commands: trusted_keys)');
    logger.info({ ...this.addresses(), epoch: this.#ground.outbox.epoch }, 'the gateway is up');
  }

  /** Reports a restore once; twice where the gateway is killed in between. */
  #reportRestore(): void {
    const { instance } = this.#ground;
    if (instance === undefined || instance.announced) return;
    const { installation, logger } = this.#options;
    this.#alarming.pipeline.own.note(restoredEvent(instance));
    noteAnnounced(installation.data, instance).catch((error: unknown) =>
      logger.warn({ problem: messageOf(error) }, 'the next start will report the restore again'),
    );
  }
}
