/** Composes status, page, health and reload: the gateway's view for people and machines. Constructs and connects only. */

import { asId } from '@forpost/shared/event/ids.ts';
import type { Words } from '@forpost/shared/texts/english.ts';
import type { Sentence } from '@forpost/shared/texts/sentence.ts';
import { version } from '@forpost/shared/version.ts';
import { backupProcess } from '../backup/backup-process.ts';
import { instanceStatus } from '../backup/instance.ts';
import { unpackBackup } from '../backup/restore-process.ts';
import { RestoreStaging } from '../backup/restore-staging.ts';
import { writeActionSecret } from '../config/action-secrets.ts';
import { writeCameraLogin } from '../config/camera-logins.ts';
import { ConditionWatch } from '../config/condition-watch.ts';
import { DeviceImport } from '../config/device-import.ts';
import type { CameraLogins } from '../console/camera-save-route.ts';
import type { CentreLinks } from '../console/centre-routes.ts';
import { PageSource } from '../console/page-source.ts';
import { pairingView } from '../console/pairing-view.ts';
import { RetryingPage } from '../console/retrying-page.ts';
import { ConsoleServer } from '../console/server.ts';
import { GatewaySocket } from '../console/socket.ts';
import { ConsoleUsers } from '../console/users.ts';
import { decoders } from '../devices/decoders/registry.ts';
import { reusedIdProblems } from '../devices/reused-ids.ts';
import { GatewayHealth } from '../health/health.ts';
import type { HostHealth } from '../health/host/host-health.ts';
import { networkNames } from '../health/host/network-names.ts';
import { GatewayMetrics } from '../health/metrics.ts';
import { Status } from '../health/status.ts';
import { StatusTopic } from '../health/status-topic.ts';
import { RuleSetup } from '../rules/form/rule-setup.ts';
import { MuteWatch } from '../rules/mute-watch.ts';
import { Rehearsals } from '../rules/rehearsal/rehearsals.ts';
import { ruleProblems } from '../rules/rule-problems.ts';
import { linkViews } from '../uplink/link-view.ts';
import { composeCertificates } from './certificates.ts';
import { composeCredentials } from './credentials.ts';
import { composeHost } from './host.ts';
import { type GatewayOptions, loggerOf } from './options.ts';
import { nameIn, ownerOf } from './pairing.ts';
import type { Alarming, Ground, Outside, Page } from './parts.ts';
import { Reload } from './reload.ts';

/** `isListening`: whether the broker accepts connections. */
export function composePage(
  options: GatewayOptions,
  ground: Ground,
  alarming: Alarming,
  outside: Outside,
  isListening: () => boolean,
): Page {
  const { installation, clock } = options;
  const { site, checks, pipeline, cameraTests, pastAlarms, commandKeys, alarms, actions, actionTests } = alarming;
  const credentials = composeCredentials(options, ground, alarming);
  const certificates = composeCertificates(options, ground, credentials);
  const logIns = {
    credentials,
    certificates,
    devices: new DeviceImport({ document: site.document, checks }),
  };
  const { uplink, vision, cameraSetUp, evidenceStore, uploads } = outside;
  const { broker, devices, outbox, refusedClients } = ground;
  const conditions = new ConditionWatch({ ...options.conditions, clock, logger: loggerOf(options, 'conditions') });
  const mute = new MuteWatch({ clock, site: () => site.current, record: (device) => devices.messageRecord(device) });
  const host = composeHost(options, ground, alarming, outside);
  const status: Status = composeStatus(options, ground, alarming, outside, { mute, host }, [
    () => conditions.problems(),
    () => reload.problems(),
    () => site.document.problems(),
    () => socket.problems(),
    () => broker.problems(),
    () => [...ground.authority.problems(), ...certificates.problems()],
    () => server.problems(),
    () => retryingPage.problems(),
  ]);
  const source = new PageSource({
    status,
    site,
    clock,
    outbox,
    vision,
    mute,
    cameraTests,
    alarms,
    pastAlarms,
    refusedClients,
    evidenceStore,
    evidence: outside.evidence,
    evidenceLimits: outside.evidenceLimits,
    acknowledge: (alarm, by) => pipeline.own.acknowledge(alarm, by),
  });
  const health = new GatewayHealth({
    outbox: () => outbox.status(),
    notReady: () => (isListening() ? [] : ['the broker does not listen yet']),
    clock,
  });
  const pairing = {
    pairing: alarming.pairing,
    view: () =>
      pairingView({
        pairing: alarming.pairing,
        refusedClients,
        decoders,
        ownerOf: ownerOf(devices),
        nameOf: nameIn(site),
      }),
  };
  const users = new ConsoleUsers(options.secrets);
  const actionRoutes = {
    site: () => site.current,
    actions,
    tests: actionTests,
    secrets: {
      names: (action: string) => actions.secretNames(action),
      change: async (action: string, name: string, value: string) => {
        await site.document.alone(async () => writeActionSecret(installation, action, name, value));
        await reload.run();
      },
    },
  };
  const centre: CentreLinks = {
    links: () => linkViews(installation.uplink, uplink, clock.now()),
    tryLink: (sink) => uplink.tryLink(sink),
  };
  const cameraLogins: CameraLogins = {
    write: (camera, login) => writeCameraLogin(installation, camera, login),
    change: async (camera, login) => {
      await site.document.alone(async () => void writeCameraLogin(installation, camera, login));
      await reload.run();
    },
  };
  const server: ConsoleServer = new ConsoleServer({
    http: installation.http,
    users: (name) => users.hashOf(name),
    roleOf: (name) => users.roleOf(name),
    source,
    document: site.document,
    bridges: devices,
    passwordsFor: (document) => checks.givePasswords(document),
    ...logIns,
    cameras: {
      setUp: cameraSetUp,
      cameras: () => site.current.cameras,
      loginOf: (camera) => vision.loginOf(camera),
    },
    cameraLogins,
    health,
    metrics: new GatewayMetrics(() => status.snapshot()),
    clock,
    logger: loggerOf(options, 'console'),
    pairing,
    takeBackup: backupProcess(options.configFile),
    actions: actionRoutes,
    centre,
    machine: {
      names: networkNames,
      now: () => clock.now(),
      quality: ground.clock.quality,
      timeService: () => ground.clock.sync.service(),
    },
    rules: {
      site: () => site.current,
      setup: new RuleSetup({
        site: () => site.current,
        recordOf: (device) => devices.messageRecord(asId<'device'>(device)),
      }),
      rehearsals: new Rehearsals({ site: () => site.current, clock, file: () => outbox.file }),
    },
    messages: devices.recentMessages,
    restoreDesk: new RestoreStaging({
      configFile: options.configFile,
      data: installation.data,
      unpack: unpackBackup,
      endProcess: () => process.kill(process.pid, 'SIGTERM'),
      now: () => clock.now(),
    }),
    gateway: installation.gateway,
    folder: installation.data,
  });
  const socket = new GatewaySocket({
    folder: installation.data,
    document: site.document,
    bridges: devices,
    logger: loggerOf(options, 'socket'),
    passwordsFor: (document) => checks.givePasswords(document),
    pairing,
    ...logIns,
    actions: actionRoutes,
    centre,
    cameraLogins,
  });
  const retryingPage: RetryingPage = new RetryingPage({ server, clock, logger: loggerOf(options, 'console') });
  const reload: Reload = new Reload({
    configFile: options.configFile,
    installation,
    site: () => site.current,
    alone: (run) => site.document.alone(run),
    console: server,
    logger: loggerOf(options, 'reload'),
    devices,
    broker,
    vision,
    uplink,
    uploads,
    conditions,
    users,
    commandKeys,
    actions,
  });
  const statusTopic = new StatusTopic({ publisher: broker, status, clock, logger: loggerOf(options, 'status') });
  return { status, statusTopic, source, health, host, retryingPage, socket, conditions, certificates, reload };
}

/** `first`: problems that stand before all others but the outbox's reports. */
function composeStatus(
  options: GatewayOptions,
  { broker, devices, outbox, outboxReports, clock: { quality, boot, error }, instance }: Ground,
  { site, pipeline, rules, rulesIfStarted, alarms, actions, commandKeys, refusals }: Alarming,
  { uplink, vision, evidence, evidenceStore, uploads, sendsEvidence }: Outside,
  { mute, host }: { readonly mute: MuteWatch; readonly host: HostHealth },
  first: readonly (() => readonly Sentence[])[],
): Status {
  const { installation, clock } = options;
  const sentence = (problem: Words) => (problem === '' ? [] : [problem]);
  return new Status({
    gateway: asId<'gateway'>(installation.gateway),
    name: installation.name ?? installation.gateway,
    version,
    site: () => site.current,
    clock,
    quality,
    boot,
    outbox,
    uplink,
    vision,
    devices,
    mute,
    rules,
    alarms,
    broker,
    restored: instanceStatus(instance),
    evidence,
    evidenceStore,
    uploads,
    sendsEvidence,
    host,
    unstored: () => pipeline.unstored,
    commandKeys: () => commandKeys.ids(),
    problems: [
      outboxReports,
      ...first,
      () => sentence(outbox.status().problem),
      () => sentence(evidenceStore.problem),
      () => ruleProblems(site.current, rulesIfStarted(), error(), clock.uptime()),
      () => alarms.problems(),
      () => actions.problems(),
      () => [...devices.problems(), ...reusedIdProblems(site.current, outbox.status())],
      () => refusals.problems(),
      () => host.problems(),
    ],
  });
}
