/** The area of devices: their list, a form for a new one, and the place of each. */
import type { DeviceStatus } from '@forpost/shared/event/status.ts';
import { html, nothing, type TemplateResult } from 'lit';
import type { Fields } from '../../../view.ts';
import { deviceStateWords } from '../../words.ts';
import type { AreaModule, AreaParts } from '../area.ts';
import { addStep } from '../entries/add-step.ts';
import type { AlsoListed } from '../entries/entry-list.ts';
import '../entries/entry-list.ts';
import '../entries/new-entry.ts';
import type { SiteStore } from '../site-store.ts';
import { t } from '../texts.ts';
import '../bridges/found-devices.ts';
import './device-place.ts';
import { newDeviceFields } from './fields.ts';

const section = 'devices';

export const { view }: AreaModule = {
  view(parts: AreaParts): TemplateResult {
    const [id] = parts.steps;
    if (id === undefined)
      return html`<forpost-entry-list .parts=${parts} .words=${listWords(parts)}></forpost-entry-list>
        ${hasBridges(parts) ? html`<forpost-found-devices .parts=${parts}></forpost-found-devices>` : nothing}`;
    if (id === addStep) return html`<forpost-new-entry .parts=${parts} .words=${newWords}></forpost-new-entry>`;
    return html`<forpost-device-place .parts=${parts} .device=${id}></forpost-device-place>`;
  },
};

const newWords = {
  section,
  title: t('set-up/devices.add-title'),
  add: t('set-up/devices.add'),
  added: t('set-up/devices.added'),
  how: t('set-up/devices.added-how'),
  toIt: t('set-up/devices.to-device'),
  fields: newDeviceFields,
};

function listWords({ status, nowMs }: AreaParts) {
  const states = new Map(status.devices.map((device) => [device.id as string, device]));
  return {
    section,
    title: t('set-up/devices.title'),
    add: t('set-up/devices.add'),
    none: t('set-up/devices.none'),
    also: behindBridges,
    about: ({ id, place }: Fields) => [place, id].filter((one) => typeof one === 'string' && one !== '').join(' · '),
    end: ({ id }: Fields) => dot(states.get(String(id)), nowMs),
  };
}

function hasBridges({ site }: AreaParts): boolean {
  return site.entries('bridges').length > 0;
}

/** The devices that bridges speak for, with their places in the area of bridges. */
function behindBridges(site: SiteStore): readonly AlsoListed[] {
  return site.entries('bridges').flatMap(({ id: bridge, devices }) =>
    (Array.isArray(devices) ? (devices as readonly Fields[]) : []).map((entry) => ({
      entry,
      steps: ['bridges', String(bridge), String(entry.id)],
    })),
  );
}

function dot(device: DeviceStatus | undefined, nowMs: number): unknown {
  if (device === undefined) return nothing;
  const { tone, label } = deviceStateWords(device, nowMs);
  return html`<span class="dot ${tone}" role="img" aria-label=${label}></span>`;
}
