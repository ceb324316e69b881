/** Composes clock, outbox, devices and broker: the parts that receive and store. Constructs and connects only. */

import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { DeviceId } from '@forpost/shared/event/ids.ts';
import type { Words } from '@forpost/shared/texts/english.ts';
import { readInstance } from '../backup/instance.ts';
import { Broker } from '../broker/broker.ts';
import { RefusedClients } from '../broker/refused-clients.ts';
import { RefusedFile, refusedFileName } from '../broker/refused-file.ts';
import { ClockSync, clockSetEvent } from '../clock/sync.ts';
import { TrueTime } from '../clock/true-time.ts';
import { BridgeNameFile } from '../devices/bridges/bridge-name-file.ts';
import { ChannelNameFile } from '../devices/channel-name-file.ts';
import { GraceWatch } from '../devices/grace-watch.ts';
import type { Pairing } from '../devices/pairing/pairing.ts';
import { DeviceRegistry } from '../devices/registry.ts';
import { outboxLimits } from '../outbox/sqlite/main/configured-limits.ts';
import { SqliteOutbox } from '../outbox/sqlite/main/sqlite-outbox.ts';
import type { Pipeline } from '../pipeline/pipeline.ts';
import { ResendFilter } from '../pipeline/resend-filter.ts';
import { latestTime } from '../rules/rule.ts';
import { sinkName } from '../uplink/sink-kind.ts';
import { composeAuthority } from './certificates.ts';
import { type GatewayOptions, loggerOf } from './options.ts';
import type { GatewayClock, Ground, Page } from './parts.ts';

/** Parts that are composed later; the functions are called only after that. */
interface LaterThanGround {
  readonly pipeline: () => Pipeline;
  readonly pairing: () => Pairing;
  readonly page: () => Page;
}

export function composeGround(options: GatewayOptions, { pipeline, pairing, page }: LaterThanGround): Ground {
  const clock = composeClock(options, pipeline);
  const resends = new ResendFilter();
  const outbox = composeOutbox(options, pipeline, clock, resends);
  const certificates = composeAuthority(options, clock, {
    onRenewed: () => page().reload.certificates(),
    onChecked: () => page().certificates.check(),
  });
  const { issued } = certificates;
  const { devices, channelNames, bridgeNames } = composeDevices(options, pipeline, clock, issued);
  return {
    instance: readInstance(options.installation.data, loggerOf(options, 'backup')),
    clock,
    resends,
    ...outbox,
    ...certificates,
    devices,
    channelNames,
    bridgeNames,
    ...composeBroker(options, pipeline, outbox.outbox, devices, pairing),
  };
}

function composeClock(options: GatewayOptions, pipeline: () => Pipeline): GatewayClock {
  const { clock, installation } = options;
  const logger = loggerOf(options, 'clock');
  const boot = () => sync.bootId();
  const quality = () => sync.quality();
  const trueTime = new TrueTime({ clock, logger, boot, file: join(installation.data, 'last-sync.json') });
  const sync: ClockSync = new ClockSync({
    clock,
    logger,
    onJump: (movedMs) => pipeline().own.note(clockSetEvent(movedMs)),
    onInSync: (now) => trueTime.noteSync(now),
    onOffset: (offset, source) => pipeline().own.noteClock({ boot: boot(), offset_ms: offset, source }),
  });
  return {
    sync,
    trueTime,
    quality,
    boot,
    error: () => trueTime.errorOf(quality(), installation.clock?.trusted ?? false),
  };
}

function composeOutbox(
  options: GatewayOptions,
  pipeline: () => Pipeline,
  { quality, boot }: GatewayClock,
  resends: ResendFilter,
): Pick<Ground, 'outbox' | 'outboxReports'> {
  const { clock, installation } = options;
  let reports: readonly Words[] = [];
  const outbox = new SqliteOutbox({
    folder: installation.data,
    sinks: installation.uplink.map(sinkName),
    clock,
    logger: loggerOf(options, 'outbox'),
    newEpoch: () => randomBytes(8).toString('hex'),
    onResendIds: (ids) => resends.recall(ids),
    stamp: () => ({ clock: quality(), boot: boot() }),
    limits: outboxLimits(installation),
    onProblem: ({ kind, message }) => {
      reports = [message];
      pipeline().own.note({ change: `outbox-${kind}`, message });
    },
  });
  return { outbox, outboxReports: () => reports };
}

function composeDevices(
  options: GatewayOptions,
  pipeline: () => Pipeline,
  { error }: GatewayClock,
  issued: Ground['issued'],
): Pick<Ground, 'devices' | 'channelNames' | 'bridgeNames'> {
  const { site, secrets, clock, installation } = options;
  const devices = new DeviceRegistry({
    site,
    secrets,
    clock,
    refusesCertificate: (sha256) => issued.refuses(sha256),
    onChannelClaim: () => channelNames.changed(),
    onBridgeNames: () => bridgeNames.changed(),
    onReach: (bridge, reachable) => pipeline().bridgeReached(bridge, reachable),
    latestTime: (received) => latestTime(received, error()),
  });
  const channelNames = new ChannelNameFile({
    file: join(installation.data, 'channel-names.json'),
    devices,
    logger: loggerOf(options, 'devices'),
  });
  const bridgeNames = new BridgeNameFile({
    file: join(installation.data, 'bridges.json'),
    devices,
    clock,
    logger: loggerOf(options, 'devices'),
  });
  return { devices, channelNames, bridgeNames };
}

function composeBroker(
  options: GatewayOptions,
  pipeline: () => Pipeline,
  { mqttState }: SqliteOutbox,
  devices: DeviceRegistry,
  pairing: () => Pairing,
): Pick<Ground, 'broker' | 'graces' | 'refusedClients' | 'refusedFile'> {
  const { clock, installation } = options;
  const logger = loggerOf(options, 'broker');
  const { logIns } = devices;
  const refusedClients = new RefusedClients(clock);
  const refusedFile = new RefusedFile({
    clients: refusedClients,
    file: join(installation.data, refusedFileName),
    isKnown: (id) => devices.principal(id) !== undefined,
    clock,
    logger,
  });
  const broker = new Broker({
    mqtt: installation.mqtt,
    authenticate: logIns.authenticate,
    acquaintance: logIns.acquaintance,
    wantsCertificates: () => logIns.wantsCertificates,
    isRevoked: (principal) => logIns.standing(principal, '') === 'revoked',
    admit: (publish) => pipeline().admit(publish),
    storage: mqttState,
    clock,
    logger,
    onConnection: (device, connected) => devices.connected(device as DeviceId, connected),
    onForbidden: ({ topic, principal, ...forbidden }) =>
      refusedClients.note({ ...forbidden, principal, user: principal, address: '', what: topic }),
    onRefused: refusedClients.note,
    onLetIn: (principal) => {
      refusedClients.letIn(principal);
      pairing().letIn(principal);
    },
    onKnock: (knock) => pairing().onKnock(knock),
  });
  const graces = new GraceWatch({
    logIns,
    clock,
    endInvalid: () => broker.endInvalid((id, credential) => logIns.standing(id, credential)),
  });
  return { broker, graces, refusedClients, refusedFile };
}
