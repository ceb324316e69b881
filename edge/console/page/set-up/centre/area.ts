/** The area of the link to the centre: how each link is made, how it is, and a try of it step by step. */
import { html, LitElement, nothing, type TemplateResult } from 'lit';
import type { CentreAnswer, ConsoleStatus } from '../../../view.ts';
import { clockTime, count } from '../../format.ts';
import { badge, fact } from '../../parts.ts';
import { uplinkStateWords } from '../../words.ts';
import type { AreaModule, AreaParts } from '../area.ts';
import { heading } from '../parts.ts';
import { formats, t } from '../texts.ts';
import { Polled } from '../work.ts';
import { fetchLinks } from './calls.ts';
import './try-link.ts';

type Link = CentreAnswer['links'][number];
/** A certificate that ends within this time is shown as a thing to look at. */
const soonMs = 30 * 86_400_000;
const everyMs = 10_000;

class Centre extends LitElement {
  static override properties = { parts: { attribute: false } };
  declare parts: AreaParts;
  readonly #links = new Polled(this, everyMs, fetchLinks);

  override createRenderRoot(): HTMLElement {
    return this;
  }

  override render(): TemplateResult {
    const { value: links, problem } = this.#links;
    return html`${heading(t('set-up/centre.title'))}
      ${problem === '' ? nothing : html`<p class="card quiet bad" role="alert">${problem}</p>`}
      ${links === undefined && problem === '' ? html`<p class="quiet" role="status">${t('set-up/loading')}</p>` : nothing}
      ${links?.length === 0 ? html`<p class="card quiet">${t('set-up/centre.none')}</p>` : nothing}
      ${links?.map((link) => this.#link(link))}
      <p class="muted">${t('set-up/centre.file')}</p>`;
  }

  #link(link: Link): TemplateResult {
    const { status, nowMs } = this.parts;
    const state = status.uplinks.find(({ sink }) => sink === link.sink);
    const words = state === undefined ? undefined : uplinkStateWords(state, nowMs);
    return html`<article class="card link" aria-labelledby="link-${link.sink}">
      <h3 id="link-${link.sink}">${link.sink} ${words === undefined ? nothing : badge(words)}</h3>
      ${words === undefined ? nothing : html`<p>${words.text}</p>`}
      ${linkFacts(link, state, nowMs)}
      <forpost-try-link .sink=${link.sink}></forpost-try-link>
    </article>`;
  }
}

function linkFacts(link: Link, state: ConsoleStatus['uplinks'][number] | undefined, nowMs: number): TemplateResult {
  const { kind, to, encrypted, lastSuccess } = link;
  const kinds: Readonly<Record<string, string>> = { kafka: 'Kafka', http: 'HTTP' };
  return html`<dl class="facts">
    ${fact(t('set-up/centre.kind'), kinds[kind] ?? kind)}
    <div class="fact wide"><dt>${t('set-up/centre.to')}</dt><dd><code>${to}</code></dd></div>
    ${fact(t('set-up/centre.tls'), encrypted ? t('set-up/form.yes') : t('set-up/form.no'))}
    ${fact(t('set-up/centre.identity'), identityOf(link))}
    ${certificateFact(link, nowMs)}
    ${fact(t('set-up/centre.last'), lastSuccess === null ? t('set-up/centre.never') : clockTime(lastSuccess, nowMs))}
    ${state === undefined ? nothing : fact(t('set-up/centre.backlog'), state.events === 0 ? t('set-up/centre.empty') : t('set-up/centre.events', { count: state.events, size: formats.bytes(state.bytes) }))}
    ${state?.plan === undefined || state.events === 0 ? nothing : fact(t('set-up/centre.rate'), t('set-up/centre.a-second', { count: count(Math.round(state.plan.eventsPerSecond)) }))}
  </dl>`;
}

function identityOf({ credential, certificateUntil }: Link): string {
  const names: Readonly<Record<string, string>> = {
    token: t('set-up/centre.by-token'),
    password: t('set-up/centre.by-password'),
  };
  const by = [
    ...(credential === null ? [] : [names[credential] ?? credential]),
    ...(certificateUntil === null ? [] : [t('set-up/centre.by-certificate')]),
  ];
  return by.length === 0 ? t('set-up/centre.by-nothing') : by.join(', ');
}

function certificateFact({ certificateUntil }: Link, nowMs: number): TemplateResult | typeof nothing {
  if (certificateUntil === null) return nothing;
  const leftMs = Date.parse(certificateUntil) - nowMs;
  const day = formats.dayName(certificateUntil, nowMs);
  const tone = leftMs < 0 ? 'bad' : leftMs < soonMs ? 'look' : 'plain';
  return fact(
    t('set-up/centre.certificate'),
    leftMs < 0 ? t('set-up/centre.expired', { day }) : t('set-up/centre.until', { day }),
    tone,
  );
}

customElements.define('forpost-centre', Centre);

export const { view }: AreaModule = {
  view: (parts: AreaParts) => html`<forpost-centre .parts=${parts}></forpost-centre>`,
};
