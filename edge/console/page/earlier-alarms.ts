/**
 * The list of ended alarms, day by day, with their kept pictures and clips.
 *
 *   closed ── Show ──► a page ── Show more ──► the next older ones ── another choice ──► begun anew
 *
 * Always: nothing is fetched before a person opens the list. Shown rows keep their places while alarms come and go: newly
 * ended alarms are offered, not inserted. An answer to an older request is ignored.
 */
import { html, LitElement, nothing, type TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import type { EarlierAlarmView } from '../view.ts';
import * as api from './api.ts';
import './evidence-view.ts';
import { clockTime, dayName, duration } from './format.ts';
import { say, t } from './texts.ts';
import { severityWords } from './words.ts';

const pageSize = 20;

export class EarlierAlarms extends LitElement {
  static override properties = {
    names: { attribute: false },
    nowMs: { attribute: false },
    active: { attribute: false },
    opened: { state: true },
    alarms: { state: true },
    next: { state: true },
    device: { state: true },
    day: { state: true },
    pictured: { state: true },
    problem: { state: true },
    busy: { state: true },
    seen: { state: true },
  };
  /** device or camera id -> its name */
  declare names: ReadonlyMap<string, string>;
  /** now, by the gateway's clock, ms since 1970 */
  declare nowMs: number;
  /** ids of the alarms that are active now */
  declare active: string;
  declare opened: boolean;
  declare alarms: readonly EarlierAlarmView[];
  declare next: string | null;
  /** empty: all */
  declare device: string;
  /** a date such as 2026-06-01; empty: from now back */
  declare day: string;
  declare pictured: boolean;
  declare problem: string;
  declare busy: boolean;
  /** `active` when the list was opened */
  declare seen: string;
  #question = 0;

  constructor() {
    super();
    this.names = new Map();
    this.nowMs = Date.now();
    this.active = '';
    this.opened = false;
    this.alarms = [];
    this.next = null;
    this.device = '';
    this.day = '';
    this.pictured = false;
    this.problem = '';
    this.busy = false;
    this.seen = '';
  }

  override createRenderRoot(): HTMLElement {
    return this;
  }

  #turn(): void {
    this.opened = !this.opened;
    if (this.opened) void this.#begin();
  }

  async #begin(): Promise<void> {
    this.seen = this.active;
    await this.#fetch();
  }

  /** `before`: fetches the next older alarms, after the shown ones */
  async #fetch(before?: string): Promise<void> {
    const question = ++this.#question;
    this.busy = true;
    this.problem = '';
    // the end of the chosen day in the browser's time zone
    const until = this.day === '' ? {} : { until: new Date(`${this.day}T23:59:59.999`).toISOString() };
    const wish = {
      device: this.device,
      pictured: this.pictured,
      ...until,
      ...(before === undefined ? {} : { before }),
    };
    try {
      const { alarms, next } = await api.fetchEarlierAlarms(wish, pageSize);
      if (question !== this.#question) return;
      this.alarms = before === undefined ? alarms : [...this.alarms, ...alarms];
      this.next = next;
    } catch (error) {
      if (question !== this.#question) return;
      this.problem = error instanceof Error ? error.message : String(error);
    }
    this.busy = false;
  }

  override render(): TemplateResult {
    return html`<button class="quiet-button" aria-expanded=${this.opened} @click=${() => this.#turn()}>
        ${this.opened ? t('gateway-page/earlier.hide') : t('gateway-page/earlier.show')}
      </button>
      ${this.opened ? this.#list() : nothing}`;
  }

  #list(): TemplateResult {
    return html`<div class="earlier">
      ${this.#choices()}
      ${this.problem === '' ? nothing : html`<p class="failure" role="alert">${this.problem}</p>`}
      ${
        this.seen === this.active || this.busy
          ? nothing
          : html`<button class="quiet-button" @click=${() => void this.#begin()}>${t('gateway-page/earlier.changed')}</button>`
      }
      ${this.alarms.length === 0 ? html`<p class="card quiet" role="status">${this.#nothing()}</p>` : this.#days()}
      ${
        this.next === null
          ? nothing
          : html`<button class="quiet-button" ?disabled=${this.busy} @click=${() => void this.#fetch(this.next ?? undefined)}>${t('gateway-page/earlier.more')}</button>`
      }
    </div>`;
  }

  #choices(): TemplateResult {
    const names = [...this.names].sort(([, a], [, b]) => a.localeCompare(b));
    const chosen = () => void this.#begin();
    return html`<div class="choices">
      <label>${t('gateway-page/earlier.of')}
        <select @change=${(event: Event) => {
          this.device = (event.currentTarget as HTMLSelectElement).value;
          chosen();
        }}>
          <option value="" ?selected=${this.device === ''}>${t('gateway-page/earlier.all')}</option>
          ${names.map(([id, name]) => html`<option value=${id} ?selected=${this.device === id}>${name}</option>`)}
        </select>
      </label>
      <label>${t('gateway-page/earlier.up-to')}
        <input type="date" .value=${this.day} @change=${(event: Event) => {
          this.day = (event.currentTarget as HTMLInputElement).value;
          chosen();
        }} />
      </label>
      <label class="check">
        <input type="checkbox" .checked=${this.pictured} @change=${(event: Event) => {
          this.pictured = (event.currentTarget as HTMLInputElement).checked;
          chosen();
        }} />
        ${t('gateway-page/earlier.pictured')}
      </label>
    </div>`;
  }

  #nothing(): string {
    if (this.busy) return t('gateway-page/loading');
    if (this.problem !== '') return t('gateway-page/earlier.nothing');
    const all = this.device === '' && this.day === '' && !this.pictured;
    return all ? t('gateway-page/earlier.none') : t('gateway-page/earlier.none-fits');
  }

  #days(): TemplateResult {
    const days = Map.groupBy(this.alarms, ({ since }) => dayName(since, this.nowMs));
    return html`${repeat(
      days,
      ([day]) => day,
      ([day, alarms]) => html`<h3>${day}</h3>
        <ul class="rows card">${repeat(
          alarms,
          ({ alarm }) => alarm,
          (alarm) => this.#row(alarm),
        )}</ul>`,
    )}`;
  }

  #row({
    severity,
    message,
    messageI18n,
    device,
    since,
    ended,
    count,
    test,
    acknowledged,
    acknowledgedBy,
    evidence,
    why,
    whyI18n,
  }: EarlierAlarmView): TemplateResult {
    const lasted =
      ended === null
        ? ''
        : `, ${t('gateway-page/earlier.lasted', { duration: duration(Date.parse(ended) - Date.parse(since)) })}`;
    const times = count > 1 ? `, ${t('gateway-page/alarms.times', { count })}` : '';
    return html`<li class="earlier-alarm ${severity}">
      <p>
        <span class="when">${clockTime(since, Date.parse(since))}</span>
        <span class="name">${say(messageI18n, message)}</span>
        ${test ? html`<span class="tag">${t('gateway-page/alarms.test')}</span>` : nothing}
      </p>
      <p class="muted">
        <span class="kind">${severityWords[severity]}</span> · ${this.names.get(device) ?? device}${lasted}${times}${acknowledged ? ` · ${acknowledgedNote(acknowledgedBy)}` : ''}
      </p>
      ${why === '' ? nothing : html`<p class="muted">${say(whyI18n, why)}</p>`}
      ${evidence.length === 0 ? nothing : html`<forpost-evidence .items=${evidence}></forpost-evidence>`}
    </li>`;
  }
}

function acknowledgedNote(by: string | undefined): string {
  return by === undefined
    ? t('gateway-page/earlier.acknowledged')
    : t('gateway-page/earlier.acknowledged-by', { name: by });
}

customElements.define('forpost-earlier-alarms', EarlierAlarms);
