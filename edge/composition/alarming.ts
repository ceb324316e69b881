/** Composes site, rules, alarms, pipeline and commands: the way from a message to an alarm. Constructs and connects only. */

import { join } from 'node:path';
import { ForpostError } from '@forpost/shared/errors.ts';
import type { GatewayData } from '@forpost/shared/event/event.ts';
import type { DeviceId } from '@forpost/shared/event/ids.ts';
import { wordsOf } from '@forpost/shared/texts/sentence.ts';
import { ActionTests } from '../alerts/action-tests.ts';
import { createActions } from '../alerts/actions/registry.ts';
import type { DeviceWords } from '../alerts/alarm.ts';
import { Alarms } from '../alerts/alarms.ts';
import { PastAlarms } from '../alerts/past-alarms.ts';
import { recordedIn } from '../alerts/recorded.ts';
import { SiteActions } from '../alerts/site-actions.ts';
import { CommandRefusals } from '../commands/command-refusals.ts';
import { Commander } from '../commands/commander.ts';
import { commandKinds } from '../commands/kinds/registry.ts';
import { CommandKeys } from '../commands/trusted-keys.ts';
import { DocumentChecks } from '../config/check/document-checks.ts';
import type { Installation } from '../config/installation.ts';
import { sendKept } from '../evidence/send.ts';
import { readOnce } from '../outbox/sqlite/reader/sqlite-reader.ts';
import { Pipeline } from '../pipeline/pipeline.ts';
import { CameraTests } from '../rules/camera-test.ts';
import { RuleEngine } from '../rules/engine.ts';
import { LiveSite } from '../site/live-site.ts';
import type { Site } from '../site/site.ts';
import { deviceWords, siteDevices } from '../site/site-devices.ts';
import { type GatewayOptions, loggerOf } from './options.ts';
import { composePairing } from './pairing.ts';
import type { Alarming, Ground, LaterParts } from './parts.ts';
import { siteParts } from './site-parts.ts';

/** Between two changes by one person. */
const checkIdleMs = 60_000;

export function composeAlarming(options: GatewayOptions, ground: Ground, { outside, page }: LaterParts): Alarming {
  const { clock, random, installation } = options;
  const { site_file: file, secrets_file: secretsFile, data } = installation;
  const siteLog = loggerOf(options, 'site');
  const checks = new DocumentChecks({
    file,
    secretsFile,
    data,
    clock,
    idleMs: checkIdleMs,
    known: () => ({ site: site.current, secretOf: (id) => ground.devices.logIns.secretOf(id) }),
  });
  const site: LiveSite = new LiveSite({
    site: options.site,
    file,
    data,
    clock,
    load: (text) => checks.load(text),
    compare: (before, after) => checks.compare(before, after),
    valuesOf: (text) => checks.values(text),
    edited: (text, edit) => checks.edited(text, edit),
    mistakesIn: (text, problems) => checks.mistakes(text, problems),
    parts: siteParts(options, ground, {
      rules: () => rules(),
      pipeline: () => pipeline,
      vision: () => outside().vision,
      actions: () => actions,
    }),
    onChanged: (note) => {
      siteLog.info({ revision: note.revision, by: note.by }, note.message);
      pipeline.own.note({ ...note });
    },
    onFailed: (part, error) => siteLog.error({ part, err: error }, 'a part did not take the changed site: a defect'),
  });
  const cameraTests = new CameraTests(clock, () => site.current);
  const pastAlarms = new PastAlarms();
  const actionParts = {
    publisher: ground.broker,
    logger: loggerOf(options, 'alerts'),
    clock,
    isSubscribed: (topic: string) => ground.broker.isSubscribed(topic),
  };
  const builtIn = createActions(actionParts);
  const actions = new SiteActions(actionParts, {
    actions: options.site.actions ?? [],
    secrets: options.secrets.actions ?? {},
  });
  const actionTests = new ActionTests({
    gateway: installation.gateway,
    clock,
    logger: loggerOf(options, 'alerts'),
    nameOf(id) {
      const listed = actions.list().find(({ config }) => config.id === id)?.config;
      if (listed !== undefined) return listed.name ?? listed.id;
      return builtIn.find(({ name, try: tried }) => name === id && tried !== undefined)?.name;
    },
    send: async (id, alert) =>
      (await actions.tryOne(id, alert)) ?? builtIn.find(({ name }) => name === id)?.try?.(alert),
    note: (data) => pipeline.own.note(data),
  });
  const alarms = new Alarms({
    actions: [...builtIn, actions],
    clock,
    file: join(data, 'alarms.json'),
    recorded: () => {
      const recorded = readOnce(ground.outbox.file, recordedIn);
      for (const alert of recorded) pastAlarms.record(alert);
      return recorded;
    },
    describe: (device) => wordsOfDevice(device, site.current, options.installation),
    random,
    log: loggerOf(options, 'alerts'),
  });
  let engine: RuleEngine | undefined;
  const startRules = () => {
    engine = new RuleEngine({
      site: site.current,
      actives: alarms.active(),
      uptime: clock.uptime(),
      watch: cameraTests,
      clockError: ground.clock.error,
      reaches: (bridge) => ground.devices.reaches(bridge),
    });
  };
  const rules = (): RuleEngine => {
    if (engine === undefined) throw new ForpostError('FORPOST_PART_FAILED', 'the rules are not started');
    return engine;
  };
  const pipeline: Pipeline = new Pipeline({
    devices: ground.devices,
    rules,
    alarms,
    outbox: ground.outbox,
    resends: ground.resends,
    clock,
    quality: ground.clock.quality,
    boot: ground.clock.boot,
    random,
    logger: loggerOf(options, 'pipeline'),
    onAlert: (alert) => {
      page().source.emitAlert(alert);
      outside().evidence.alert(alert);
      pastAlarms.record(alert);
    },
  });
  const commands = composeCommands(options, ground, pipeline, site, { outside, page });
  const pairing = composePairing(options, ground, { site, checks, pipeline });
  return {
    site,
    checks,
    cameraTests,
    alarms,
    actions,
    actionTests,
    pastAlarms,
    rules,
    rulesIfStarted: () => engine,
    startRules,
    pipeline,
    pairing,
    ...commands,
  };
}

/** The device's words, or the gateway's for alarms about the gateway itself. */
function wordsOfDevice(device: DeviceId, site: Site, { gateway, name = gateway }: Installation): DeviceWords {
  const isDevice = [...siteDevices(site), ...site.cameras].some(({ id }) => id === device);
  if (isDevice || device !== gateway) return deviceWords(site, device);
  return { name, ...(site.place === undefined ? {} : { place: site.place }) };
}

function composeCommands(
  options: GatewayOptions,
  ground: Ground,
  pipeline: Pipeline,
  site: LiveSite,
  { outside, page }: LaterParts,
): Pick<Alarming, 'commander' | 'commandKeys' | 'refusals'> {
  const { clock, random, installation } = options;
  const note = (data: GatewayData) => pipeline.own.note(data);
  return {
    commandKeys: new CommandKeys(installation),
    refusals: new CommandRefusals(clock, (sentence, count) =>
      note({ change: 'commands-refused', message: wordsOf(sentence), count }),
    ),
    commander: new Commander({
      kinds: commandKinds,
      context: {
        acknowledge: (alarm, by) => pipeline.own.acknowledgeFor(alarm, by),
        changeSite: (change, author) => site.changeForCentre(change, author),
        sendStatus: () => outside().uplink.sendStatus(),
        sendEvidence: (id, sha256) =>
          sendKept({ store: outside().evidenceStore, uploads: outside().uploads }, id, sha256),
        describe: () => page().status.describe(),
      },
      quality: ground.clock.quality,
      atLeast: () => ground.clock.trueTime.earliest(),
      store: (result, alerts) => pipeline.own.commandResult(result, alerts),
      clock,
      random,
      logger: loggerOf(options, 'commands'),
    }),
  };
}
