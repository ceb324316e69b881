/** The area of bridges: log-ins that speak for many devices. Their list, a form for a new one, the place of each and of the devices behind. */
import type { DeviceStatus } from '@forpost/shared/event/status.ts';
import { html, nothing, type TemplateResult } from 'lit';
import type { Fields } from '../../../view.ts';
import { deviceStateWords } from '../../words.ts';
import type { AreaModule, AreaParts } from '../area.ts';
import { addStep } from '../entries/add-step.ts';
import '../entries/entry-list.ts';
import '../entries/new-entry.ts';
import { t } from '../texts.ts';
import './behind-place.ts';
import './bridge-place.ts';
import { newBridgeFields } from './fields.ts';

const section = 'bridges';

export const { view }: AreaModule = {
  view(parts: AreaParts): TemplateResult {
    const [id, device] = parts.steps;
    if (id === undefined)
      return html`<forpost-entry-list .parts=${parts} .words=${listWords(parts)}></forpost-entry-list>`;
    if (id === addStep) return html`<forpost-new-entry .parts=${parts} .words=${newWords}></forpost-new-entry>`;
    return device === undefined
      ? html`<forpost-bridge-place .parts=${parts} .bridge=${id}></forpost-bridge-place>`
      : html`<forpost-behind-place .parts=${parts} .bridge=${id} .device=${device}></forpost-behind-place>`;
  },
};

const newWords = {
  section,
  title: t('set-up/bridges.add-title'),
  add: t('set-up/bridges.add'),
  added: t('set-up/bridges.added'),
  how: t('set-up/bridges.added-how'),
  toIt: t('set-up/bridges.to-it'),
  fields: newBridgeFields,
};

function listWords({ status, nowMs }: AreaParts) {
  const states = new Map(status.devices.map((device) => [device.id as string, device]));
  return {
    section,
    title: t('set-up/bridges.title'),
    add: t('set-up/bridges.add'),
    none: t('set-up/bridges.none'),
    about: ({ place, devices }: Fields) =>
      [place, t('set-up/bridges.count', { count: Array.isArray(devices) ? devices.length : 0 })]
        .filter((one) => typeof one === 'string' && one !== '')
        .join(' · '),
    end: ({ id }: Fields) => dot(states.get(String(id)), nowMs),
  };
}

function dot(bridge: DeviceStatus | undefined, nowMs: number): unknown {
  if (bridge === undefined) return nothing;
  const { tone, label } = deviceStateWords(bridge, nowMs);
  return html`<span class="dot ${tone}" role="img" aria-label=${label}></span>`;
}
