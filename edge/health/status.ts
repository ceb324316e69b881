/**
 * The gateway's status, for the page, the centre and the metrics: gathered from the parts when somebody asks.
 *
 * Always: asking touches no disk and no network; the counter of statuses is the only thing kept here.
 */

import type { Clock, Uptime } from '@forpost/shared/clock.ts';
import { rfc3339 } from '@forpost/shared/event/codec.ts';
import type { ClockQuality, Severity } from '@forpost/shared/event/event.ts';
import type { GatewayId } from '@forpost/shared/event/ids.ts';
import type { DeviceStatus, GatewayStatus, UplinkStatus } from '@forpost/shared/event/status.ts';
import type { Message } from '@forpost/shared/texts/message.ts';
import { type Sentence, wordsOf } from '@forpost/shared/texts/sentence.ts';
import { message } from '@forpost/shared/texts/texts.ts';
import type { Alarms } from '../alerts/alarms.ts';
import type { Broker } from '../broker/broker.ts';
import type { DeviceRegistry } from '../devices/registry.ts';
import type { Evidence } from '../evidence/evidence.ts';
import type { EvidenceStore } from '../evidence/store.ts';
import type { EvidenceUpload } from '../evidence/upload.ts';
import type { Outbox, OutboxStatus } from '../outbox/outbox.ts';
import { type MuteRule, muteInWords } from '../rules/cannot-fire.ts';
import type { RuleEngine } from '../rules/engine.ts';
import type { MuteWatch } from '../rules/mute-watch.ts';
import type { Site } from '../site/site.ts';
import { deviceWords, siteDevices } from '../site/site-devices.ts';
import type { Uplink } from '../uplink/uplink.ts';
import type { VisionSupervisor } from '../vision/supervisor.ts';
import type { HostHealth } from './host/host-health.ts';
import {
  camerasInAnyLanguage,
  devicesInAnyLanguage,
  problemsInAnyLanguage,
  storageInAnyLanguage,
  uplinksInAnyLanguage,
} from './in-any-language.ts';
import type { GatewaySnapshot } from './snapshot.ts';

export interface StatusParts {
  readonly gateway: GatewayId;
  readonly name: string;
  readonly version: string;
  readonly site: () => Site;
  readonly clock: Clock;
  readonly quality: () => ClockQuality;
  readonly boot: () => string;
  readonly outbox: Pick<Outbox, 'status'>;
  readonly uplink: Pick<Uplink, 'lanes' | 'statuses' | 'problems'>;
  readonly vision: Pick<VisionSupervisor, 'cameras' | 'problems' | 'residentBytes'>;
  readonly devices: Pick<DeviceRegistry, 'statuses'>;
  readonly mute: Pick<MuteWatch, 'list'>;
  readonly rules: () => Pick<RuleEngine, 'errors'>;
  readonly alarms: Pick<Alarms, 'active'>;
  readonly broker: Pick<Broker, 'counters'>;
  readonly evidence: Pick<Evidence, 'views'>;
  readonly evidenceStore: Pick<EvidenceStore, 'figures'>;
  readonly uploads: Pick<EvidenceUpload, 'figures'>;
  /** the restore that made this box the gateway; absent: none */
  readonly restored?: Pick<GatewayStatus, 'instance' | 'restored'>;
  readonly unstored: () => GatewaySnapshot['unstored'];
  readonly host: Pick<HostHealth, 'status' | 'snapshot'>;
  /** ids of the keys whose commands are taken */
  readonly commandKeys: () => readonly string[];
  /** whether there is a receiver for pictures and clips */
  readonly sendsEvidence: boolean;
  /** each part's problems, a sentence each, in the order in which people read them */
  readonly problems: readonly (() => readonly Sentence[])[];
}

/** The gateway's state without its devices and cameras. */
export interface Brief extends Pick<GatewayStatus, 'gateway' | 'site' | 'name' | 'version' | 'clock' | 'problems'> {
  readonly uplinks: readonly Pick<UplinkStatus, 'state' | 'since' | 'events'>[];
  readonly outbox: Pick<OutboxStatus, 'room' | 'problem'>;
}

export class Status {
  readonly #parts: StatusParts;
  readonly #startedAt: Uptime;
  #counter = 0;

  constructor(parts: StatusParts) {
    this.#parts = parts;
    this.#startedAt = parts.clock.uptime();
  }

  /** For the page and the centre. */
  status(): GatewayStatus {
    const { gateway, name, version, clock, outbox, uplink, vision, devices } = this.#parts;
    const site = this.#parts.site();
    const mute = this.#parts.mute.list();
    const host = this.#parts.host.status();
    this.#counter += 1;
    return {
      site: site.id,
      gateway,
      name,
      ...(site.place === undefined ? {} : { place: site.place }),
      version,
      starts: outbox.status().starts,
      counter: this.#counter,
      at: rfc3339(clock.now()),
      clock: this.#parts.quality(),
      boot: this.#parts.boot(),
      uptime: Math.trunc(clock.uptime()),
      revision: site.revision,
      lanes: uplink.lanes(),
      uplinks: uplinksInAnyLanguage(uplink.statuses()),
      cameras: camerasInAnyLanguage(placed(vision.cameras(), site.cameras)),
      devices: devicesInAnyLanguage(placed(withMuteRules(devices.statuses(), mute), siteDevices(site))),
      commandKeys: this.#parts.commandKeys(),
      sendsEvidence: this.#parts.sendsEvidence,
      ...this.#parts.restored,
      ...(host === undefined ? {} : { host }),
      ...storageInAnyLanguage(outbox.status().problem),
      ...problemsInAnyLanguage(this.#problems(mute)),
    };
  }

  /** For local subscribers. Costs no more with many devices. */
  brief(): Brief {
    const { gateway, name, version, uplink, outbox, mute } = this.#parts;
    return {
      gateway,
      name,
      version,
      site: this.#parts.site().id,
      clock: this.#parts.quality(),
      problems: this.#problems(mute.list()).map(wordsOf),
      uplinks: uplink.statuses(),
      outbox: outbox.status(),
    };
  }

  #problems(mute: readonly MuteRule[]): readonly Sentence[] {
    const { uplink, vision } = this.#parts;
    const site = this.#parts.site();
    return [
      ...this.#parts.problems.flatMap((problems) => problems()),
      ...muteInWords(mute, (id) => deviceWords(site, id).name ?? id),
      ...uplink.problems(),
      ...vision.problems(),
    ];
  }

  /** For the metrics. */
  snapshot(): GatewaySnapshot {
    const { outbox, broker, rules, evidence, evidenceStore, uploads, vision } = this.#parts;
    const { residentBytes } = vision;
    const host = this.#parts.host.snapshot();
    const activeAlarms: Record<Severity, number> = { info: 0, warning: 0, critical: 0 };
    for (const { severity } of this.#parts.alarms.active()) activeAlarms[severity] += 1;
    return {
      status: this.status(),
      outbox: outbox.status(),
      broker: broker.counters(),
      unstored: this.#parts.unstored(),
      ruleErrors: Object.fromEntries(
        rules()
          .errors()
          .map(({ rule, count }) => [rule, count]),
      ),
      activeAlarms,
      evidence: { ...evidenceStore.figures(), views: evidence.views, uploads: uploads.figures() },
      ...(host === undefined ? {} : { host }),
      ...(residentBytes === undefined ? {} : { visionResidentBytes: residentBytes }),
    };
  }

  /** The gateway in a few words, for the answer to a ping of the centre. */
  describe(): Message {
    const { version, clock } = this.#parts;
    const minutes = Math.round((clock.uptime() - this.#startedAt) / 60_000);
    return message('gateway/answer.running', { version, minutes });
  }
}

/** Rules of one device in each status. */
const mostMute = 8;

function withMuteRules(devices: readonly DeviceStatus[], mute: readonly MuteRule[]): readonly DeviceStatus[] {
  if (mute.length === 0) return devices;
  const byDevice = Map.groupBy(mute, ({ device }) => device as string);
  return devices.map((device) => {
    const rules = byDevice.get(device.id);
    if (rules === undefined) return device;
    return { ...device, muteRules: rules.slice(0, mostMute).map(({ rule, name, reason }) => ({ rule, name, reason })) };
  });
}

/** Adds the place of each device or camera, as the site's file names it. */
function placed<Thing extends { readonly id: string }>(
  things: readonly Thing[],
  configured: readonly { readonly id: string; readonly place?: string | undefined }[],
): readonly (Thing & { readonly place?: string })[] {
  const places = new Map(configured.flatMap(({ id, place }) => (place === undefined ? [] : [[id, place] as const])));
  if (places.size === 0) return things;
  return things.map((thing) => {
    const place = places.get(thing.id);
    return place === undefined ? thing : { ...thing, place };
  });
}
