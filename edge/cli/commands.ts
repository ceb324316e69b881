/** The commands of `forpost`. A new command is one file in commands/ and one line here. */
import type { CommandTable } from '@forpost/shared/cli/command.ts';
import { version } from '@forpost/shared/version.ts';
import { actionsList, actionsTry } from './commands/actions.ts';
import { backup, restore } from './commands/backup.ts';
import { camerasAdd, camerasFind, camerasFingerprint, camerasTest } from './commands/cameras.ts';
import { centreShow, centreTry } from './commands/centre.ts';
import {
  certificateCa,
  certificateClient,
  certificateInit,
  certificateList,
  certificateRenew,
  certificateRevoke,
} from './commands/certificate.ts';
import { check } from './commands/check.ts';
import { cloud } from './commands/cloud.ts';
import {
  devicesAdd,
  devicesCertificates,
  devicesDecode,
  devicesFound,
  devicesImport,
  devicesList,
  devicesName,
  devicesPassword,
  devicesPasswords,
  devicesRevoke,
  devicesRotate,
} from './commands/devices.ts';
import { gateway } from './commands/gateway.ts';
import { init } from './commands/init.ts';
import { modelAdd, modelList, modelRemove } from './commands/model.ts';
import { pairAccept, pairClose, pairIgnore, pairList, pairOpen } from './commands/pair.ts';
import { prepare } from './commands/prepare.ts';
import { replay } from './commands/replay.ts';
import { schema } from './commands/schema.ts';
import { siteApply, siteDiff, siteHistory, siteShow, siteUndo } from './commands/site.ts';

export const gatewayCommands: CommandTable = {
  program: 'forpost',
  summary: 'Forpost, an edge gateway: local MQTT broker, video detection, durable outbox, uplink to a centre',
  version,
  groups: {
    site: 'the site’s document and its revisions',
    actions: 'what the site does by itself when an alarm begins',
    devices: 'devices, consumers and people, and their credentials',
    centre: 'the links of the gateway to its centre',
    certificate: 'the CA of the site, the gateway’s own certificate, and certificates of clients',
    pair: 'the pairing window, in which unknown clients show themselves and are taken in',
    cameras: 'cameras of the site',
    model: 'detection models',
  },
  commands: [
    init,
    gateway,
    cloud,
    check,
    schema,
    prepare,
    siteShow,
    siteDiff,
    siteHistory,
    siteApply,
    siteUndo,
    actionsList,
    actionsTry,
    devicesAdd,
    devicesImport,
    devicesList,
    devicesDecode,
    devicesFound,
    devicesName,
    devicesRotate,
    devicesRevoke,
    devicesCertificates,
    devicesPassword,
    devicesPasswords,
    certificateInit,
    certificateList,
    certificateCa,
    certificateClient,
    certificateRevoke,
    certificateRenew,
    pairOpen,
    pairList,
    pairAccept,
    pairIgnore,
    pairClose,
    camerasFind,
    camerasTest,
    camerasAdd,
    camerasFingerprint,
    centreShow,
    centreTry,
    replay,
    backup,
    restore,
    modelAdd,
    modelList,
    modelRemove,
  ],
};
