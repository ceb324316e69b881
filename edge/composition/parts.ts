/**
 * The parts of a gateway in four groups, in the order of their composition. A group uses the groups above it directly,
 * and the groups below it through functions that are called only after all groups exist.
 */

import type { ClockQuality } from '@forpost/shared/event/event.ts';
import type { Words } from '@forpost/shared/texts/english.ts';
import type { ActionTests } from '../alerts/action-tests.ts';
import type { Alarms } from '../alerts/alarms.ts';
import type { PastAlarms } from '../alerts/past-alarms.ts';
import type { SiteActions } from '../alerts/site-actions.ts';
import type { Instance } from '../backup/instance.ts';
import type { Broker } from '../broker/broker.ts';
import type { RefusedClients } from '../broker/refused-clients.ts';
import type { RefusedFile } from '../broker/refused-file.ts';
import type { CameraSetUp } from '../cameras/camera-set-up.ts';
import type { IssuedRegister } from '../certificates/register.ts';
import type { SiteAuthority } from '../certificates/site-authority.ts';
import type { ClockSync } from '../clock/sync.ts';
import type { TrueTime } from '../clock/true-time.ts';
import type { CommandRefusals } from '../commands/command-refusals.ts';
import type { Commander } from '../commands/commander.ts';
import type { CommandKeys } from '../commands/trusted-keys.ts';
import type { CertificateStore } from '../config/certificate-store.ts';
import type { DocumentChecks } from '../config/check/document-checks.ts';
import type { ConditionWatch } from '../config/condition-watch.ts';
import type { PageSource } from '../console/page-source.ts';
import type { RetryingPage } from '../console/retrying-page.ts';
import type { GatewaySocket } from '../console/socket.ts';
import type { BridgeNameFile } from '../devices/bridges/bridge-name-file.ts';
import type { ChannelNameFile } from '../devices/channel-name-file.ts';
import type { GraceWatch } from '../devices/grace-watch.ts';
import type { Pairing } from '../devices/pairing/pairing.ts';
import type { DeviceRegistry } from '../devices/registry.ts';
import type { Evidence } from '../evidence/evidence.ts';
import type { EvidenceLimits, EvidenceStore } from '../evidence/store.ts';
import type { EvidenceUpload } from '../evidence/upload.ts';
import type { GatewayHealth } from '../health/health.ts';
import type { HostHealth } from '../health/host/host-health.ts';
import type { Status } from '../health/status.ts';
import type { StatusTopic } from '../health/status-topic.ts';
import type { SqliteOutbox } from '../outbox/sqlite/main/sqlite-outbox.ts';
import type { Pipeline } from '../pipeline/pipeline.ts';
import type { ResendFilter } from '../pipeline/resend-filter.ts';
import type { CameraTests } from '../rules/camera-test.ts';
import type { ClockError } from '../rules/clock-error.ts';
import type { RuleEngine } from '../rules/engine.ts';
import type { LiveSite } from '../site/live-site.ts';
import type { Uplink } from '../uplink/uplink.ts';
import type { VisionSupervisor } from '../vision/supervisor.ts';
import type { Reload } from './reload.ts';

/** The gateway's clock, for the stamps of events and for the rules. */
export interface GatewayClock {
  readonly sync: ClockSync;
  readonly trueTime: TrueTime;
  readonly quality: () => ClockQuality;
  readonly boot: () => string;
  readonly error: () => ClockError | undefined;
}

/** The parts that receive and store: clock, outbox, devices, broker. */
export interface Ground {
  /** the restore that made this box the gateway; undefined: none */
  readonly instance: Instance | undefined;
  readonly clock: GatewayClock;
  readonly resends: ResendFilter;
  readonly outbox: SqliteOutbox;
  /** the newest report of the outbox since the start; empty without one */
  readonly outboxReports: () => readonly Words[];
  /** the CA of the site, and the gateway's own certificate */
  readonly authority: SiteAuthority;
  /** the certificates that the CA has signed for clients */
  readonly issued: IssuedRegister;
  readonly devices: DeviceRegistry;
  readonly channelNames: ChannelNameFile;
  /** what bridges have said of the devices behind them */
  readonly bridgeNames: BridgeNameFile;
  readonly refusedClients: RefusedClients;
  readonly refusedFile: RefusedFile;
  readonly broker: Broker;
  /** ends connections by an old password when its grace is over */
  readonly graces: GraceWatch;
}

/** The parts between a message and its alarm: site, rules, alarms, pipeline, commands. */
export interface Alarming {
  readonly site: LiveSite;
  readonly checks: DocumentChecks;
  readonly cameraTests: CameraTests;
  readonly alarms: Alarms;
  /** the actions that the site's document lists */
  readonly actions: SiteActions;
  readonly actionTests: ActionTests;
  readonly pastAlarms: PastAlarms;
  /** undefined until `startRules` */
  readonly rulesIfStarted: () => RuleEngine | undefined;
  /** @throws ForpostError FORPOST_PART_FAILED before `startRules` */
  readonly rules: () => RuleEngine;
  /** Builds the rules. Called once the alarms from before the restart are known. */
  readonly startRules: () => void;
  readonly pipeline: Pipeline;
  readonly pairing: Pairing;
  readonly commander: Commander;
  readonly commandKeys: CommandKeys;
  readonly refusals: CommandRefusals;
}

/** The parts that connect to the centre and to cameras: uplink, vision, evidence. */
export interface Outside {
  readonly uplink: Uplink;
  readonly vision: VisionSupervisor;
  /** finds and tests cameras before they belong to the site */
  readonly cameraSetUp: CameraSetUp;
  readonly evidence: Evidence;
  readonly evidenceStore: EvidenceStore;
  readonly evidenceLimits: EvidenceLimits;
  readonly uploads: EvidenceUpload;
  /** whether there is a receiver for pictures and clips */
  readonly sendsEvidence: boolean;
}

/** The gateway's view for people and machines: status, page, health, reload. */
export interface Page {
  readonly status: Status;
  readonly source: PageSource;
  readonly health: GatewayHealth;
  /** the state for local subscribers */
  readonly statusTopic: StatusTopic;
  /** the machine that the gateway runs on */
  readonly host: HostHealth;
  /** starts the page, and waits while another program has its port */
  readonly retryingPage: RetryingPage;
  /** the way of the command line to the running gateway */
  readonly socket: GatewaySocket;
  readonly conditions: ConditionWatch;
  readonly certificates: CertificateStore;
  readonly reload: Reload;
}

/** Groups that are composed later; the functions are called only after that. */
export interface LaterParts {
  readonly outside: () => Outside;
  readonly page: () => Page;
}
