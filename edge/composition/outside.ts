/** Composes uplink, vision and evidence: connections to the centre and to cameras. Constructs and connects only. */
import { join } from 'node:path';
import { asId } from '@forpost/shared/event/ids.ts';
import { identityOf } from '../backup/instance.ts';
import { CameraSetUp } from '../cameras/camera-set-up.ts';
import { Evidence } from '../evidence/evidence.ts';
import { evidenceLimits } from '../evidence/limits.ts';
import { EvidenceStore } from '../evidence/store.ts';
import { EvidenceUpload, notSentEvent } from '../evidence/upload.ts';
import { uploadTarget } from '../evidence/upload-target.ts';
import { RefusedEvents } from '../uplink/refusal.ts';
import { instanceHeaders } from '../uplink/sink.ts';
import { Uplink } from '../uplink/uplink.ts';
import { CameraChanges } from '../vision/camera-changes.ts';
import { VisionSupervisor } from '../vision/supervisor.ts';
import { type GatewayOptions, loggerOf } from './options.ts';
import type { Alarming, Ground, Outside, Page } from './parts.ts';

/** `page`: called only after the page was composed. */
export function composeOutside(options: GatewayOptions, ground: Ground, alarming: Alarming, page: () => Page): Outside {
  const uplink = composeUplink(options, ground, alarming, page);
  const vision: VisionSupervisor = composeVision(options, alarming, page, () => evidence.evidence);
  const evidence: EvidenceParts = composeEvidence(options, ground, alarming, { uplink, vision });
  return { uplink, vision, cameraSetUp: new CameraSetUp({ clock: options.clock }), ...evidence };
}

function composeUplink(
  options: GatewayOptions,
  { clock: { quality, boot }, outbox, instance }: Ground,
  { commandKeys, commander, refusals }: Alarming,
  page: () => Page,
): Uplink {
  const { installation, site, secrets, clock, random } = options;
  const gateway = asId<'gateway'>(installation.gateway);
  const refused = new RefusedEvents({ outbox, gateway, clock, quality, boot });
  return new Uplink({
    sinks: installation.uplink,
    secrets: secrets.uplink ?? {},
    identity: { site: site.id, gateway, ...identityOf(instance) },
    outboxFile: outbox.file,
    timeZone: site.timezone,
    inHand: outbox.inHand,
    acknowledge: (sink, epoch, lane, through) => outbox.acknowledge(sink, epoch, lane, through),
    onCommit: (listener) => outbox.onCommit(listener),
    status: () => page().status.status(),
    recordRefusal: (refusal) => refused.store(refusal),
    onDamaged: (place) => outbox.check(place),
    commands: {
      keys: commandKeys.texts(),
      handle: (command, centreTime) => commander.handle(command, centreTime),
      refused: (count, reason) => refusals.add(count, reason),
    },
    clock,
    logger: loggerOf(options, 'uplink'),
    random,
  });
}

function composeVision(
  options: GatewayOptions,
  { pipeline }: Alarming,
  page: () => Page,
  evidence: () => Evidence,
): VisionSupervisor {
  const { installation, site, secrets, clock, random } = options;
  const changes = new CameraChanges();
  const vision: VisionSupervisor = new VisionSupervisor({
    cameras: site.cameras,
    secrets: secrets.cameras ?? {},
    dataFolder: installation.data,
    events: {
      scene: (scene) => {
        pipeline.cameras.frame(scene);
        page().source.emitScene(scene);
      },
      tamper: (message) => pipeline.cameras.tamper(message),
      changed: () => {
        for (const change of changes.compare(vision.cameras())) pipeline.cameras.stream(change);
      },
      evidence: (message) => void evidence().receive(message),
    },
    logger: loggerOf(options, 'vision'),
    clock,
    random,
  });
  return vision;
}

type EvidenceParts = Omit<Outside, 'uplink' | 'vision' | 'cameraSetUp'>;

function composeEvidence(
  options: GatewayOptions,
  { clock: { quality }, instance }: Ground,
  { pipeline, site }: Alarming,
  { uplink, vision }: Pick<Outside, 'uplink' | 'vision'>,
): EvidenceParts {
  const { installation, secrets, clock, random } = options;
  const logger = loggerOf(options, 'evidence');
  const limits = evidenceLimits(installation);
  const store = new EvidenceStore({ folder: join(installation.data, 'evidence'), limits, clock, quality, logger });
  const target = uploadTarget(installation, secrets);
  return {
    evidenceLimits: limits,
    evidenceStore: store,
    sendsEvidence: target !== undefined,
    evidence: new Evidence({
      store,
      cameras: () => site.current.cameras.map(({ id }) => id),
      ask: (camera, alarm, uptime) => vision.wantEvidence(camera, alarm, uptime),
      attach: (alarm, references) => pipeline.own.attachEvidence(alarm, references),
      lack: (alarm, why) => void pipeline.own.lackEvidence(alarm, why),
      note: (data) => pipeline.own.note(data),
      quality,
      clock,
      logger,
    }),
    uploads: new EvidenceUpload({
      file: join(installation.data, 'evidence-uploads.json'),
      target,
      head: instanceHeaders(identityOf(instance)),
      link: target?.link === undefined ? undefined : uplink.evidenceLink(target.link),
      clock,
      random,
      logger,
      failed: (upload, reason) => pipeline.own.note(notSentEvent(upload, reason)),
    }),
  };
}
