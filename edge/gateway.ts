/**
 * The composition root of the gateway: builds every part, connects them, starts them in order and stops them in
 * reverse. Nothing else calls a part's constructor, and nothing here decides anything else.
 *
 *   data folder ─► outbox ─► clock ─► alarms, rules ─► uplink ─► vision ─► console ─► broker (devices come in last)
 *
 * Always: a part that fails to start stops those before it; Kafka, cameras and models that are not there stop nothing.
 */
import { randomBytes } from 'node:crypto';
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { type Clock, systemClock } from '@forpost/shared/clock.ts';
import { configError } from '@forpost/shared/config/yaml.ts';
import { ForpostError, messageOf } from '@forpost/shared/errors.ts';
import { asId, type DeviceId, lanes } from '@forpost/shared/event/ids.ts';
import { type Part, Releasers } from '@forpost/shared/lifecycle.ts';
import { createLogger, type Logger } from '@forpost/shared/logging.ts';
import { goFirst } from '@forpost/shared/priority.ts';
import { runUntilSignal } from '@forpost/shared/run.ts';
import { modestThreads } from '@forpost/shared/stripping/start-anew.mjs';
import { version } from '@forpost/shared/version.ts';
import { createActions } from './alerts/actions/registry.ts';
import { Alarms } from './alerts/alarms.ts';
import { activePast, PastAlarms } from './alerts/past-alarms.ts';
import { mostRecorded, type RecordedAlert, recordedAlerts } from './alerts/recorded.ts';
import { Broker } from './broker/broker.ts';
import { RefusedClients } from './broker/refused-clients.ts';
import { RefusedFile, refusedFileName } from './broker/refused-file.ts';
import { KnownTime } from './clock/known-time.ts';
import { ClockSync } from './clock/sync.ts';
import type { CommandContext } from './commands/command-kind.ts';
import { Commander } from './commands/commander.ts';
import { commandKinds } from './commands/kinds/registry.ts';
import { Refusals } from './commands/refusals.ts';
import { trustedKeys } from './commands/trusted-keys.ts';
import type { Warning } from './config/conditions.ts';
import { DataFolder } from './config/data-folder.ts';
import type { Installation } from './config/installation.ts';
import { judge } from './config/judge.ts';
import { Reload } from './config/reload.ts';
import { Overview } from './console/page-source.ts';
import { PatientPage } from './console/patient-page.ts';
import { ConsoleServer } from './console/server.ts';
import type { SceneSaved } from './console/source.ts';
import { ChannelNameFile } from './devices/channel-name-file.ts';
import { DeviceRegistry } from './devices/registry.ts';
import { reusedInWords } from './devices/reused-ids.ts';
import { Evidence } from './evidence/evidence.ts';
import { evidenceLimits } from './evidence/limits.ts';
import { toldAlarms } from './evidence/pictured-alarms.ts';
import { EvidenceStore } from './evidence/store.ts';
import { EvidenceUpload } from './evidence/upload.ts';
import { uploadTarget } from './evidence/upload-target.ts';
import { ConditionWatch } from './health/condition-watch.ts';
import { GatewayHealth } from './health/health.ts';
import { GatewayMetrics } from './health/metrics.ts';
import { SqliteOutbox } from './outbox/sqlite/main/sqlite-outbox.ts';
import { openReader } from './outbox/sqlite/reader/sqlite-reader.ts';
import { Pipeline } from './pipeline/pipeline.ts';
import { ResendFilter } from './pipeline/resend-filter.ts';
import { RuleEngine } from './rules/engine.ts';
import { type ClockError, lateAfterMs } from './rules/rule.ts';
import { timeProblems } from './rules/time-problems.ts';
import { Trials } from './rules/trial.ts';
import { type CameraScene, withScene } from './site/scene-edit.ts';
import { deviceWords, type Secrets, type Site } from './site/site.ts';
import { SiteFile } from './site/site-file.ts';
import type { Refusal } from './uplink/messages.ts';
import { refusalEntry } from './uplink/refusal.ts';
import { sinkName } from './uplink/sink-kind.ts';
import { Uplink } from './uplink/uplink.ts';
import { CameraChanges } from './vision/camera-changes.ts';
import { VisionSupervisor } from './vision/supervisor.ts';

const dayMs = 86_400_000;
/** Newest events of a lane among which one is looked for that was stamped in sync. */
const mostLookedThrough = 1000;

/** `forpost gateway`: runs until SIGTERM or SIGINT. @throws ForpostError with what a person has to mend */
export async function runGateway(configFile: string): Promise<void> {
  const { problems, warnings, loaded } = await judge(configFile);
  if (loaded === undefined) throw configError(problems);
  const { installation, site, secrets, conditions: look } = loaded;
  const logger = createLogger('gateway', installation.log_level);
  modestThreads();
  // Node's pool of threads begins with its first work, and as whoever begins it: passwords are checked there, and can wait
  await access(configFile);
  // the other threads and processes that can wait say so themselves
  goFirst();
  const conditions = { first: warnings, look };
  const gateway = new Gateway({
    ...{ configFile, installation, site, secrets, conditions, clock: systemClock, random: Math.random, logger },
  });
  await runUntilSignal(gateway, logger, () => gateway.addresses(), {
    hangS: installation.watchdog?.hang_s,
    reload: () => gateway.reload(),
  });
}

export interface GatewayOptions {
  /** read again at a reload */
  readonly configFile: string;
  readonly installation: Installation;
  readonly site: Site;
  readonly secrets: Secrets;
  /** what is wrong beside the configuration, at first and by now */
  readonly conditions: { readonly first: readonly Warning[]; readonly look: () => readonly Warning[] };
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
}

export class Gateway implements Part {
  readonly #options: GatewayOptions;
  readonly #releasers = new Releasers();
  readonly #problems = new Map<string, string>();
  readonly #cameraChanges = new CameraChanges();
  readonly #resends = new ResendFilter();
  readonly #clockSync: ClockSync;
  readonly #knownTime: KnownTime;
  readonly #outbox: SqliteOutbox;
  readonly #devices: DeviceRegistry;
  readonly #channelNames: ChannelNameFile;
  readonly #alarms: Alarms;
  readonly #pastAlarms = new PastAlarms();
  readonly #pipeline: Pipeline;
  readonly #uplink: Uplink;
  readonly #vision: VisionSupervisor;
  readonly #evidenceStore: EvidenceStore;
  readonly #evidence: Evidence;
  readonly #uploads: EvidenceUpload;
  readonly #broker: Broker;
  readonly #refusedClients: RefusedClients;
  readonly #refusedFile: RefusedFile;
  readonly #console: ConsoleServer;
  readonly #page: PatientPage;
  readonly #health: GatewayHealth;
  readonly #conditions: ConditionWatch;
  readonly #reload: Reload;
  /** as they are now: a reload may have read others */
  #secrets: Secrets;
  #commandKeys: readonly string[];
  readonly #overview: Overview;
  readonly #commander: Commander;
  /** as it is now: zones, lines and masks may be drawn anew while it runs */
  #site: Site;
  readonly #siteFile: SiteFile;
  readonly #trials: Trials;
  #rules: RuleEngine | undefined;
  #listening = false;
  readonly #startedAt: number;

  constructor(options: GatewayOptions) {
    this.#options = options;
    const { installation, site, secrets, clock, random } = options;
    this.#startedAt = clock.uptime();
    this.#site = site;
    this.#siteFile = new SiteFile(installation.site_file, installation.secrets_file, installation.data);
    this.#trials = new Trials(clock, () => this.#site);
    const logger = (name: string) => options.logger.child({ part: name });
    const gateway = asId<'gateway'>(installation.gateway);

    this.#conditions = new ConditionWatch({ ...options.conditions, clock, logger: logger('conditions') });
    this.#clockSync = new ClockSync({
      clock,
      logger: logger('clock'),
      onJump: (movedMs) => {
        const moved = Math.round(movedMs);
        this.#pipeline.own.note({
          change: 'clock-set',
          message: `the system clock moved by ${moved} ms`,
          moved_ms: moved,
        });
      },
      onInSync: (now) => this.#knownTime.inSync(now),
      onOffset: (offset, source) =>
        this.#pipeline.own.noteClock({ boot: this.#clockSync.bootId(), offset_ms: offset, source }),
    });
    this.#knownTime = new KnownTime({
      clock,
      logger: logger('clock'),
      boot: () => this.#clockSync.bootId(),
      file: join(installation.data, 'last-sync.json'),
    });
    this.#outbox = new SqliteOutbox({
      folder: installation.data,
      sinks: installation.uplink.map(sinkName),
      clock,
      logger: logger('outbox'),
      newEpoch: () => randomBytes(8).toString('hex'),
      onResendIds: (ids) => this.#resends.recall(ids),
      stamp: () => ({ clock: this.#clockSync.quality(), boot: this.#clockSync.bootId() }),
      limits: {
        ...(installation.outbox?.max_bytes === undefined ? {} : { maxBytes: installation.outbox.max_bytes }),
        minFreeBytes: installation.outbox?.min_free_bytes ?? null,
        ...(installation.outbox?.keep_delivered_days === undefined
          ? {}
          : { keepDeliveredMs: installation.outbox.keep_delivered_days * dayMs }),
        ...(installation.outbox?.shed_after_s === undefined
          ? {}
          : { shedAfterMs: installation.outbox.shed_after_s * 1000 }),
      },
      onProblem: (problem) => {
        this.#problems.set('outbox', problem.message);
        this.#pipeline.own.note({ change: `outbox-${problem.kind}`, message: problem.message });
      },
    });
    this.#devices = new DeviceRegistry({
      ...{ site, secrets, clock },
      onChannelClaim: () => this.#channelNames.changed(),
      latestTime: (received) => {
        const error = this.#clockError();
        return error === undefined ? Number.POSITIVE_INFINITY : received + error.shiftMs + error.withinMs + lateAfterMs;
      },
    });
    this.#channelNames = new ChannelNameFile({
      file: join(installation.data, 'channel-names.json'),
      ...{ devices: this.#devices, logger: logger('devices') },
    });
    this.#refusedClients = new RefusedClients(clock);
    this.#refusedFile = new RefusedFile({
      clients: this.#refusedClients,
      file: join(installation.data, refusedFileName),
      isKnown: this.#devices.acquaintance.isUser,
      clock,
      logger: logger('broker'),
    });
    this.#broker = new Broker({
      mqtt: installation.mqtt,
      authenticate: this.#devices.authenticate,
      acquaintance: this.#devices.acquaintance,
      admit: (publish) => this.#pipeline.admit(publish),
      storage: this.#outbox.storage,
      clock,
      logger: logger('broker'),
      onConnection: (device, connected) => this.#devices.connected(device as DeviceId, connected),
      onForbidden: ({ topic, principal, ...forbidden }) =>
        this.#refusedClients.note({ ...forbidden, principal, user: principal, address: '', what: topic }),
      onRefused: this.#refusedClients.note,
      onLetIn: this.#refusedClients.letIn,
    });
    this.#alarms = new Alarms({
      actions: createActions({ publisher: this.#broker, logger: logger('alerts') }),
      clock,
      file: join(installation.data, 'alarms.json'),
      recorded: () => this.#recordedAlerts(),
      describe: (device) => deviceWords(this.#site, device),
      random,
      log: logger('alerts'),
    });
    this.#pipeline = new Pipeline({
      devices: this.#devices,
      rules: () => this.#ruleEngine(),
      alarms: this.#alarms,
      outbox: this.#outbox,
      resends: this.#resends,
      clock,
      quality: () => this.#clockSync.quality(),
      boot: () => this.#clockSync.bootId(),
      random,
      logger: logger('pipeline'),
      onAlert: (alert) => {
        this.#overview.tellAlert(alert);
        this.#evidence.alert(alert);
        this.#pastAlarms.take(alert);
      },
    });
    this.#commander = new Commander({
      kinds: commandKinds,
      context: {
        acknowledge: (alarm, by) => this.#acknowledgeFor(alarm, by),
        sendStatus: () => this.#uplink.sendStatus(),
        sendEvidence: (id, sha256) => this.#sendEvidence(id, sha256),
        describe: () =>
          `Forpost ${version}, started ${Math.round((clock.uptime() - this.#startedAt) / 60_000)} min ago`,
      },
      quality: () => this.#clockSync.quality(),
      atLeast: () => this.#knownTime.atLeast(),
      store: (result, alerts) => this.#pipeline.own.commandResult(result, alerts),
      clock,
      random,
      logger: logger('commands'),
    });
    const { keys } = trustedKeys(installation);
    this.#secrets = secrets;
    this.#commandKeys = keys.map(({ id }) => id);
    const refusals = new Refusals(clock, (message, count) =>
      this.#pipeline.own.note({ change: 'commands-refused', message, count }),
    );
    this.#uplink = new Uplink({
      sinks: installation.uplink,
      secrets: secrets.uplink ?? {},
      identity: { site: site.id, gateway },
      outboxFile: this.#outbox.file,
      timeZone: site.timezone,
      inHand: this.#outbox.inHand,
      acknowledge: (sink, epoch, lane, through) => this.#outbox.acknowledge(sink, epoch, lane, through),
      onCommit: (listener) => this.#outbox.onCommit(listener),
      status: () => this.#overview.status(),
      recordRefusal: (refusal) => this.#putAside(refusal),
      onDamaged: (place) => this.#outbox.check(place),
      commands: {
        keys: keys.map(({ text }) => text),
        take: (command, centreTime) => this.#commander.take(command, centreTime),
        refused: (count, reason) => refusals.take(count, reason),
      },
      clock,
      logger: logger('uplink'),
      random,
    });
    this.#vision = new VisionSupervisor({
      cameras: site.cameras,
      secrets: secrets.cameras ?? {},
      dataFolder: installation.data,
      events: {
        scene: (scene) => {
          this.#pipeline.cameras.frame(scene);
          this.#overview.tellScene(scene);
        },
        tamper: (message) => this.#pipeline.cameras.tamper(message),
        changed: () => {
          for (const change of this.#cameraChanges.look(this.#vision.cameras())) this.#pipeline.cameras.stream(change);
        },
        evidence: (message) => void this.#evidence.take(message),
      },
      logger: logger('vision'),
      clock,
      random,
    });
    const limits = evidenceLimits(installation);
    this.#evidenceStore = new EvidenceStore({
      folder: join(installation.data, 'evidence'),
      limits,
      clock,
      quality: () => this.#clockSync.quality(),
      logger: logger('evidence'),
    });
    this.#evidence = new Evidence({
      store: this.#evidenceStore,
      cameras: () => site.cameras.map(({ id }) => id),
      ask: (camera, alarm, uptime) => this.#vision.wantEvidence(camera, alarm, uptime),
      attach: (alarm, references) => this.#pipeline.own.attachEvidence(alarm, references),
      lack: (alarm, why) => void this.#pipeline.own.lackEvidence(alarm, why),
      note: (data) => this.#pipeline.own.note(data),
      quality: () => this.#clockSync.quality(),
      clock,
      logger: logger('evidence'),
    });
    const target = uploadTarget(installation, secrets);
    this.#uploads = new EvidenceUpload({
      file: join(installation.data, 'evidence-uploads.json'),
      target,
      link: target?.link === undefined ? undefined : this.#uplink.evidenceLink(target.link),
      clock,
      random,
      logger: logger('evidence'),
      failed: ({ id }, reason) =>
        this.#pipeline.own.note({
          change: 'evidence-not-sent',
          message: `a picture could not be sent: ${reason}`,
          evidence: id,
        }),
    });
    this.#overview = new Overview({
      gateway,
      name: installation.name ?? installation.gateway,
      version,
      site: () => this.#site,
      saveScene: (camera, revision, scene, by) => this.#saveScene(camera, revision, scene, by),
      trials: this.#trials,
      clock,
      quality: () => this.#clockSync.quality(),
      boot: () => this.#clockSync.bootId(),
      outbox: this.#outbox,
      uplink: this.#uplink,
      vision: this.#vision,
      evidence: this.#evidence,
      evidenceStore: this.#evidenceStore,
      evidenceLimits: limits,
      pastAlarms: this.#pastAlarms,
      uploads: this.#uploads,
      devices: this.#devices,
      rules: () => this.#ruleEngine(),
      alarms: this.#alarms,
      broker: this.#broker,
      refusedClients: this.#refusedClients,
      unstored: () => this.#pipeline.unstored,
      commandKeys: () => this.#commandKeys,
      sendsEvidence: target !== undefined,
      problems: () => [
        ...this.#problems.values(),
        ...this.#conditions.problems(),
        ...this.#reload.problems(),
        ...this.#broker.problems(),
        ...this.#console.problems(),
        ...this.#page.problems(),
        ...this.#outboxProblems(),
        ...(this.#evidenceStore.problem === '' ? [] : [this.#evidenceStore.problem]),
        ...this.#ruleProblems(),
        ...this.#droppedAlarms(),
        ...this.#deviceProblems(),
        ...refusals.problems(),
      ],
      acknowledge: (alarm, by) => {
        const known = this.#pipeline.own.acknowledge(alarm, by);
        if (known) logger('alerts').info({ alarm, by }, 'acknowledged on the site');
        return known;
      },
    });
    this.#health = new GatewayHealth({
      outbox: () => this.#outbox.status(),
      notReady: () => (this.#listening ? [] : ['the broker does not listen yet']),
      clock,
    });
    this.#console = new ConsoleServer({
      http: installation.http,
      users: (name) => (Object.hasOwn(this.#secrets.console, name) ? this.#secrets.console[name] : undefined),
      roleOf: (name) => (this.#secrets.viewers?.includes(name) === true ? 'viewer' : 'operator'),
      source: this.#overview,
      health: this.#health,
      metrics: new GatewayMetrics(() => this.#overview.snapshot()),
      clock,
      logger: logger('console'),
      gateway,
      folder: installation.data,
    });
    this.#page = new PatientPage({ server: this.#console, clock, logger: logger('console') });
    this.#reload = new Reload({
      ...{ configFile: options.configFile, installation, site: () => this.#site, logger: logger('reload') },
      ...{ devices: this.#devices, broker: this.#broker, console: this.#console, vision: this.#vision },
      ...{ uplink: this.#uplink, uploads: this.#uploads, conditions: this.#conditions },
      renewed: (renewed, keyIds) => {
        this.#secrets = renewed;
        this.#commandKeys = keyIds;
      },
    });
  }

  /** Reads again what can be read while it runs: passwords, keys, certificates. */
  reload(): Promise<void> {
    return this.#reload.run();
  }

  async start(): Promise<void> {
    const { installation, logger } = this.#options;
    try {
      await this.#releasers.start('data folder', new DataFolder(installation.data));
      await this.#releasers.start('names of channels', this.#channelNames);
      await this.#releasers.start('outbox', this.#outbox);
      await this.#releasers.start('known time', this.#knownTime);
      this.#learnTimeOfEvents();
      await this.#releasers.start('clock', this.#clockSync);
      await this.#releasers.start('alarms', this.#alarms);
      const { site, clock } = this.#options;
      this.#rules = new RuleEngine({
        ...{ site, actives: this.#alarms.active(), uptime: clock.uptime() },
        watch: this.#trials,
        clockError: () => this.#clockError(),
      });
      this.#releasers.add('pipeline', () => this.#pipeline.stop());
      this.#pipeline.start();
      this.#releasers.add('commands', () => this.#commander.stop());
      await this.#releasers.start('uplink', this.#uplink);
      await this.#releasers.start('evidence', this.#evidenceStore);
      this.#pastAlarms.remember(activePast(this.#alarms.active()));
      this.#pastAlarms.remember(toldAlarms(this.#evidenceStore.list(Number.POSITIVE_INFINITY)));
      await this.#releasers.start('evidence uploads', this.#uploads);
      await this.#releasers.start('vision', this.#vision);
      await this.#releasers.start('conditions', this.#conditions);
      await this.#releasers.start('health', this.#health);
      await this.#releasers.start('console', this.#page);
      await this.#releasers.start('refused clients', this.#refusedFile);
      await this.#releasers.start('broker', this.#broker);
      this.#alarms.restore();
      this.#listening = true;
      this.#pipeline.own.note({ change: 'started', message: `Forpost ${version} started`, version });
      if (installation.uplink.length > 0 && trustedKeys(installation).keys.length === 0)
        logger.info('no command of a centre is taken: gateway.yaml trusts no key (commands: trusted_keys)');
      logger.info({ ...this.addresses(), epoch: this.#outbox.epoch }, 'the gateway is up');
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

  /** On behalf of the centre: shown and acted on at once, stored with the command's result. */
  #acknowledgeFor(alarm: string, by: string): ReturnType<CommandContext['acknowledge']> {
    const alerts = this.#pipeline.own.showAcknowledged(alarm, { by, where: 'centre' });
    if (alerts.length > 0) return { state: 'done', alerts };
    return { state: this.#alarms.isAcknowledged(alarm) ? 'already' : 'unknown' };
  }

  /** Zones, lines and masks of one camera: saved, then taken by the vision process and the rules as they run. */
  async #saveScene(camera: string, revision: string, scene: CameraScene, by: string): Promise<SceneSaved> {
    if (revision !== this.#site.revision)
      return { conflict: 'somebody else has saved the site meanwhile: look at it again before you save' };
    const saved = await this.#siteFile.save(revision, (text) => withScene(text, camera, scene));
    if ('conflict' in saved)
      return { conflict: 'site.yaml was changed by hand: restart the gateway so that it takes that first' };
    if ('problems' in saved) return saved;
    const { site } = saved;
    const config = site.cameras.find(({ id }) => id === camera);
    this.#site = site;
    this.#rules?.redrawn(site);
    if (config !== undefined) this.#vision.reconfigure(config);
    const message = `${by} drew zones, lines or masks of ${config?.name ?? camera}`;
    this.#pipeline.own.note({ change: 'site-changed', message, by, camera, from: revision, to: site.revision });
    return { revision: site.revision };
  }

  async #sendEvidence(id: string, sha256: string): ReturnType<CommandContext['sendEvidence']> {
    const record = this.#evidenceStore.get(id);
    if (record?.sha256 !== sha256) return { problem: 'it is not kept any more: others were worth more' };
    const { obstacle } = this.#uploads;
    if (obstacle !== undefined) return { problem: obstacle };
    const { size } = record;
    await this.#uploads.add({
      id,
      sha256,
      size,
      path: this.#evidenceStore.pathOf(record),
    });
    return { bytes: size };
  }

  /** What is wrong, as the page says it. */
  problems(): readonly string[] {
    return this.#overview.status().problems;
  }

  addresses(): { readonly mqtt: number; readonly page: string } {
    return { mqtt: this.#broker.port, page: this.#page.url };
  }

  #outboxProblems(): readonly string[] {
    const { problem } = this.#outbox.status();
    return problem === '' ? [] : [problem];
  }

  #droppedAlarms(): readonly string[] {
    const { dropped } = this.#alarms;
    if (dropped === 0) return [];
    const alarms = dropped === 1 ? '1 alarm' : `${dropped} alarms`;
    return [`too many alarms wait for an acknowledgement: ${alarms} left this list unseen, see the earlier alarms`];
  }

  #ruleProblems(): readonly string[] {
    const times = this.#rules?.oddTimes() ?? new Map();
    const late = timeProblems(this.#site, times, this.#clockError(), this.#options.clock.uptime());
    const failed = (this.#rules?.errors() ?? []).map(
      ({ rule, count, last }) => `rule ${rule} failed ${count} times: ${last}`,
    );
    return [...failed, ...late];
  }

  #clockError(): ClockError | undefined {
    const { installation } = this.#options;
    return this.#knownTime.errorOf(this.#clockSync.quality(), installation.clock?.trusted ?? false);
  }

  /** The newest event of an earlier run that was stamped in sync: it is later than that now. */
  #learnTimeOfEvents(): void {
    try {
      const reader = openReader(this.#outbox.file);
      try {
        for (const lane of lanes) {
          const synced = reader.newest(lane, mostLookedThrough).find(({ clock }) => clock === 'synced');
          if (synced !== undefined) this.#knownTime.wasOnce(synced.received);
        }
      } finally {
        reader.close();
      }
    } catch (error) {
      this.#options.logger.warn({ problem: messageOf(error) }, 'the outbox cannot be asked for the time of its events');
    }
  }

  #deviceProblems(): readonly string[] {
    const names = new Map<string, string>(this.#site.devices.map(({ id, name }) => [id, name ?? id]));
    const reused = this.#outbox.status().reusedIds.map((one) => reusedInWords(names.get(one.device), one));
    return [...this.#devices.problems(), ...reused];
  }

  #ruleEngine(): RuleEngine {
    if (this.#rules === undefined) throw new ForpostError('FORPOST_PART_FAILED', 'the rules are not started');
    return this.#rules;
  }

  /** The newest alerts of the outbox, oldest first: which alarms were active when the gateway was stopped or killed. */
  #recordedAlerts(): readonly RecordedAlert[] {
    const reader = openReader(this.#outbox.file);
    try {
      const recorded = recordedAlerts(reader.newest('alerts', mostRecorded)).toReversed();
      for (const alert of recorded) this.#pastAlarms.take(alert);
      return recorded;
    } finally {
      reader.close();
    }
  }

  /** An event that a sink refuses for good: the dead letters keep it, a gap record says so, the lane goes on. */
  async #putAside(refusal: Refusal): Promise<void> {
    const { clock, installation } = this.#options;
    const stamp = {
      received: clock.now(),
      uptime: clock.uptime(),
      clock: this.#clockSync.quality(),
      boot: this.#clockSync.bootId(),
    };
    const entry = refusalEntry(refusal, asId<'gateway'>(installation.gateway), stamp);
    await this.#outbox.append({ ...entry, reserved: true });
  }
}
