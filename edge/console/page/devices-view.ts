/** The section of devices: connection and newest values of each; an opened row shows all about its device. */
import type { DeviceStatus } from '@forpost/shared/event/status.ts';
import { html, nothing, type TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import type { RefusedView } from '../view.ts';
import { clockTime, count, measure, sortedValues } from './format.ts';
import type { ShownLetters } from './open-letters.ts';
import { badge, fact, section } from './parts.ts';
import { refusedNote, refusedOfDevice } from './refused-view.ts';
import { say, t } from './texts.ts';
import { muteRulesView, unreadView } from './unread-view.ts';
import { deviceStateWords, sentence } from './words.ts';

export interface DevicesViewParts {
  readonly devices: readonly DeviceStatus[];
  readonly nowMs: number;
  /** refusals of all clients, newest first */
  readonly refused: readonly RefusedView[];
  /** dead letters of the devices with an open row; absent while they are fetched */
  readonly deadLetters: ReadonlyMap<string, ShownLetters>;
  readonly toggled: (device: string, open: boolean) => void;
}

export function devicesView(parts: DevicesViewParts): TemplateResult {
  const { devices, nowMs, refused } = parts;
  if (devices.length === 0)
    return section(
      'devices',
      t('gateway-page/devices.title'),
      '',
      html`<p class="card quiet">${t('gateway-page/devices.none')}</p>`,
    );
  const connected = devices.filter((device) => device.connected).length;
  const note =
    connected === devices.length
      ? t('gateway-page/devices.all-connected', { count: connected })
      : t('gateway-page/devices.some-connected', { connected, all: devices.length });
  // devices with a problem come first
  const fine = (device: DeviceStatus) => device.connected && deviceStateWords(device, nowMs).tone === 'good';
  const sorted = [...devices].sort(
    (a, b) => Number(a.connected) - Number(b.connected) || Number(fine(a)) - Number(fine(b)),
  );
  const refusedOf = Map.groupBy(refused, ({ principal }) => principal ?? '');
  const rows = repeat(
    sorted,
    ({ id }) => id,
    (device) => {
      const own = refusedOf.get(device.id) ?? [];
      return row(device, deviceStateWords(device, nowMs, own), own, parts);
    },
  );
  return section('devices', t('gateway-page/devices.title'), note, html`<ul class="rows card">${rows}</ul>`);
}

function row(
  device: DeviceStatus,
  state: ReturnType<typeof deviceStateWords>,
  refused: readonly RefusedView[],
  parts: DevicesViewParts,
): TemplateResult {
  const values = sortedValues(device.values).map(([name, value]) => measure(name, value));
  const main = values[0];
  return html`<li>
    <details @toggle=${(event: Event) => {
      if (event.currentTarget instanceof HTMLDetailsElement) parts.toggled(device.id, event.currentTarget.open);
    }}>
      <summary>
        <span class="dot ${state.tone}" role="img" aria-label=${state.label}></span>
        <span class="device-name">
          <span class="name">${device.name}</span>
          ${device.place === undefined ? nothing : html`<span class="muted place">${device.place}</span>`}
          <span class="muted ${state.tone}">${state.text}${
            device.deadLetters > 0
              ? html` · <span class="look">${t('gateway-page/devices.unreadable', { count: device.deadLetters })}</span>`
              : nothing
          }${refused.length === 0 ? nothing : html` · <span class="look">${refusedNote(refused)}</span>`}</span>
        </span>
        <span class="value ${device.connected ? '' : 'old'}">
          ${main === undefined ? '–' : html`<strong>${main.text}</strong><span class="muted">${main.label}</span>`}
        </span>
        <span class="chevron" aria-hidden="true"></span>
      </summary>
      <dl class="facts">
        ${values.map(({ label, text }) => fact(label, text))}
        ${device.place === undefined ? nothing : fact(t('gateway-page/devices.place'), device.place)}
        ${fact(t('gateway-page/devices.state'), badge(state))}
        ${fact(t('gateway-page/devices.messages'), count(device.messages))}
        ${fact(t('gateway-page/devices.id'), html`<code>${device.id}</code>`)}
      </dl>
      ${refusedOfDevice(refused, parts.nowMs)}
      ${muteRulesView(device)} ${unreadView(device, parts.nowMs)}
      ${device.deadLetters > 0 ? unreadable(device, parts) : nothing}
    </details>
  </li>`;
}

function unreadable(device: DeviceStatus, { deadLetters, nowMs }: DevicesViewParts): TemplateResult {
  const letters = deadLetters.get(device.id);
  const list =
    letters === undefined || typeof letters === 'string' || letters.length === 0
      ? html`<p class="muted">${letters?.length === 0 ? t('gateway-page/devices.letters-gone') : (letters ?? t('gateway-page/loading'))}</p>`
      : letters.map(
          (letter) => html`<div class="letter">
            <p><strong>${sentence(say(letter.reasonI18n, letter.reason))}</strong></p>
            <p class="muted">${clockTime(letter.received, nowMs)} · <code>${letter.topic}</code> · ${t('gateway-page/devices.bytes', { count: letter.size })}</p>
            <pre>${letter.payload}</pre>
          </div>`,
        );
  return html`<div class="letters">
    <h3>${t('gateway-page/devices.letters', { count: device.deadLetters })}</h3>
    ${list}
  </div>`;
}
