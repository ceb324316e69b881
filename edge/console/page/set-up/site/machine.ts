/** The machine's names and times on the page. The operating system owns them: they are shown, and changed with its own tools. */
import { html, LitElement, nothing, type TemplateResult } from 'lit';
import type { MachineView } from '../../../view.ts';
import { call } from '../../api.ts';
import { base } from '../../base.ts';
import { badge, fact } from '../../parts.ts';
import { formats, t } from '../texts.ts';
import { Polled } from '../work.ts';

const everyMs = 10_000;

class Machine extends LitElement {
  static override properties = { zone: { attribute: false }, nowMs: { attribute: false } };
  /** time zone of the site */
  declare zone: string;
  declare nowMs: number;
  readonly #machine = new Polled(
    this,
    everyMs,
    async () => (await (await call(`${base}/api/v1/machine`)).json()) as MachineView,
  );

  override createRenderRoot(): HTMLElement {
    return this;
  }

  override render(): TemplateResult {
    const { value: machine, problem } = this.#machine;
    return html`<h3>${t('set-up/machine.title')}</h3>
      <p class="muted">${t('set-up/machine.owner')}</p>
      ${problem === '' ? nothing : html`<p class="failure" role="alert">${problem}</p>`}
      ${machine === undefined ? nothing : this.#facts(machine)}`;
  }

  #facts({ hostName, interfaces, systemTimeZone, clock, timeService }: MachineView): TemplateResult {
    const isSynced = clock === 'synced';
    const state = isSynced
      ? { tone: 'good' as const, label: t('set-up/machine.synced') }
      : { tone: 'look' as const, label: t('set-up/machine.unsynced') };
    return html`<dl class="facts card">
        <div class="fact wide"><dt>${t('set-up/machine.host')}</dt><dd><code>${hostName}</code></dd></div>
        ${interfaces.map(({ name, addresses }) => html`<div class="fact wide"><dt>${t('set-up/machine.interface', { name })}</dt>${addresses.map((address) => html`<dd><code>${address}</code></dd>`)}</div>`)}
        ${interfaces.length === 0 ? html`<div class="fact wide bad"><dt>${t('set-up/machine.network')}</dt><dd>${t('set-up/machine.no-address')}</dd></div>` : nothing}
        <div class="fact wide"><dt>${t('set-up/machine.clock')}</dt><dd>${this.#timeAt(this.zone)} ${badge(state)}</dd></div>
        ${fact(t('set-up/machine.service'), timeServiceWords(timeService))}
        ${fact(t('set-up/machine.zone'), systemTimeZone.replaceAll('_', ' '))}
      </dl>
      ${isSynced ? nothing : html`<p class="muted">${t('set-up/machine.unsynced-what')}</p>`}`;
  }

  /** The gateway's clock in the site's time zone; a zone that the browser does not know is left out. */
  #timeAt(zone: string): string {
    const options = { dateStyle: 'medium', timeStyle: 'medium' } as const;
    try {
      return new Intl.DateTimeFormat(document.documentElement.lang, { ...options, timeZone: zone }).format(this.nowMs);
    } catch {
      return formats.clockTime(new Date(this.nowMs).toISOString(), this.nowMs);
    }
  }
}

function timeServiceWords(service: string): string {
  if (service === 'nobody') return t('set-up/machine.no-service');
  return service === 'timedatectl' ? t('set-up/machine.other-service') : service;
}

customElements.define('forpost-machine', Machine);
