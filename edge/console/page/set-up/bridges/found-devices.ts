/**
 * The devices that bridges speak for and that the site does not have: each with what it sent, and the form that names it.
 *
 *   found ── «Take in» ──► a device of the site; its next message is its own, and its card is gone
 *              └── refused ──► the reason, at its field; what was typed stays
 */
import { html, LitElement, nothing, type TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import type { BridgeView, Edit, Fields, FoundDeviceView } from '../../../view.ts';
import { clockTime, measure, sortedValues } from '../../format.ts';
import type { AreaParts } from '../area.ts';
import type { Values } from '../form/fields.ts';
import { entryForm } from '../form/form.ts';
import { focusAgain } from '../parts.ts';
import type { SaveOptions } from '../site-store.ts';
import { t } from '../texts.ts';
import { Polled } from '../work.ts';
import { fetchBridges, type Naming, nameFound } from './calls.ts';
import { namingFields } from './fields.ts';

const everyMs = 5_000;
/** The others follow once these have their names. */
const mostShown = 30;

interface Found {
  readonly bridge: BridgeView;
  readonly device: FoundDeviceView;
}

class FoundDevices extends LitElement {
  static override properties = { parts: { attribute: false }, bridge: { attribute: false }, done: { state: true } };
  declare parts: AreaParts;
  /** id of the bridge; empty: all bridges */
  declare bridge: string;
  /** what was done last; empty: nothing yet */
  declare done: string;
  readonly #bridges = new Polled(this, everyMs, fetchBridges);

  constructor() {
    super();
    this.bridge = '';
    this.done = '';
  }

  override createRenderRoot(): HTMLElement {
    return this;
  }

  override render(): TemplateResult {
    const { value: bridges = [], problem } = this.#bridges;
    const shown = bridges.filter(({ id }) => this.bridge === '' || id === this.bridge);
    const found = shown.flatMap((bridge) => bridge.found.map((device): Found => ({ bridge, device })));
    const dropped = shown.reduce((sum, one) => sum + one.dropped, 0);
    return html`<div role="status">${this.done === '' ? nothing : html`<p class="done" tabindex="-1">${this.done}</p>`}</div>
      ${problem === '' ? nothing : html`<p class="failure" role="alert">${problem}</p>`}
      ${found.length === 0 ? this.#none() : this.#list(found)}
      ${dropped === 0 ? nothing : html`<p class="muted">${t('set-up/bridges.dropped', { count: dropped })}</p>`}`;
  }

  /** In the list of all devices, nothing found is nothing to say. */
  #none(): TemplateResult | typeof nothing {
    if (this.bridge === '' || this.#bridges.value === undefined) return nothing;
    return html`<h3>${t('set-up/bridges.found')}</h3><p class="card quiet">${t('set-up/bridges.found-none')}</p>`;
  }

  #list(found: readonly Found[]): TemplateResult {
    return html`<h3>${t('set-up/bridges.found')} <span class="note">${found.length}</span></h3>
      <p class="muted">${t('set-up/bridges.found-about')}</p>
      ${repeat(
        found.slice(0, mostShown),
        ({ bridge, device }) => `${bridge.id} ${device.source}`,
        (one) => this.#card(one),
      )}
      ${found.length > mostShown ? html`<p class="muted">${t('set-up/entries.more', { shown: mostShown, all: found.length })}</p>` : nothing}`;
  }

  #card({ bridge, device }: Found): TemplateResult {
    const { name, model, values, payload, topic, was, messages, last } = device;
    const of = bridge.devices.find(({ id }) => id === was);
    const facts = [
      model,
      this.bridge === '' ? t('set-up/bridges.behind', { name: bridge.name }) : undefined,
      messages === 0 ? t('set-up/bridges.no-message') : t('set-up/bridges.messages', { count: messages }),
      messages === 0 ? undefined : clockTime(last, this.parts.nowMs),
    ].filter((one) => one !== undefined);
    const read = sortedValues(values).map(([metric, value]) => factOf(metric, value));
    return html`<article class="card found">
      <h4 tabindex="-1">${name}</h4>
      <p class="muted">${facts.join(' · ')}</p>
      ${of === undefined ? nothing : html`<p>${t('set-up/bridges.renamed', { name: of.name })}</p>`}
      ${read.length === 0 ? nothing : html`<dl class="facts">${read}</dl>`}
      ${payload === undefined ? nothing : html`<details><summary>${t('set-up/bridges.newest')}</summary><p class="muted"><code>${topic}</code></p><pre>${payload}</pre></details>`}
      ${this.#form(bridge.id, device, of)}
    </article>`;
  }

  /** The card is gone: the focus goes to the next one, or to what was done. */
  async #afterNaming(): Promise<void> {
    await this.#bridges.load();
    await focusAgain(this, 'article.found h4');
    await focusAgain(this, '.done');
  }

  #form(bridge: string, device: FoundDeviceView, of: BridgeView['devices'][number] | undefined): TemplateResult {
    const { site } = this.parts;
    const spec = {
      key: `bridges/${bridge}/found/${device.source}`,
      fields: namingFields,
      folded: t('set-up/bridges.more'),
      isNew: true,
      defaults: of === undefined ? { name: device.name } : { name: of.name, id: of.id },
      save: t('set-up/pairing.take'),
      at: ({ id }: Values) => ['bridges', bridge, 'devices', String(id ?? '').trim()],
      send: async (edits: readonly Edit[], options: SaveOptions) => {
        const naming = namingIn(edits);
        const answer = await nameFound(site, bridge, device, naming, options);
        if ('saved' in answer) this.done = t('set-up/bridges.named', { name: naming.name ?? device.name });
        return answer;
      },
    };
    return entryForm(site, spec, () => void this.#afterNaming());
  }
}

function factOf(name: string, value: number | string | boolean): TemplateResult {
  const cut = name.lastIndexOf('/');
  const { label, text } = measure(name.slice(cut + 1), value);
  return html`<div class="fact"><dt>${cut < 0 ? '' : `${name.slice(0, cut)} `}${label}</dt><dd>${text}</dd></div>`;
}

/** The fields as typed, of the one edit that a form of a new entry makes. */
function namingIn(edits: readonly Edit[]): Naming {
  const [edit] = edits;
  return edit !== undefined && 'value' in edit ? (edit.value as Fields as Naming) : {};
}

customElements.define('forpost-found-devices', FoundDevices);
