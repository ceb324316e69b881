/**
 * The card of one unknown client: what it shows of itself, what the decoders make of it, and the form that takes it in.
 *
 *   knocking ── «Take in» ──► being taken in ── done ──► taken in ── it logs in ──► arrived
 *                               └── refused ──► the reason, at its field; what was typed stays
 */
import { html, LitElement, nothing, type TemplateResult } from 'lit';
import { live } from 'lit/directives/live.js';
import type { AcceptedView, KnockerView, PairingView } from '../../../view.ts';
import { LoggedOutError, RefusedError } from '../../api.ts';
import { setUpAddress } from '../../route.ts';
import { focusAgain, shownOnce } from '../parts.ts';
import type { SiteStore } from '../site-store.ts';
import { formats, say, t } from '../texts.ts';
import { type AcceptWish, acceptKnocker, ignoreKnocker, replaceBy } from './calls.ts';
import { factsOf, judgementWords } from './knocker-facts.ts';

/** What a person has typed; absent: not touched, and the suggestion counts. */
interface Draft {
  readonly name?: string;
  readonly id?: string;
  readonly place?: string;
  readonly decoder?: string;
  readonly topic?: string;
  readonly section?: 'devices' | 'bridges';
  readonly logIn?: 'own' | 'made';
}

type FieldName = 'name' | 'id' | 'place' | 'topic';

class KnockerCard extends LitElement {
  static override properties = {
    site: { attribute: false },
    knocker: { attribute: false },
    decoders: { attribute: false },
    isOpen: { attribute: false },
    nowMs: { attribute: false },
    draft: { state: true },
    busy: { state: true },
    problem: { state: true },
    accepted: { state: true },
  };
  declare site: SiteStore;
  declare knocker: KnockerView;
  declare decoders: PairingView['decoders'];
  /** the window */
  declare isOpen: boolean;
  declare nowMs: number;
  declare draft: Draft;
  declare busy: boolean;
  /** why it was refused, and at which field */
  declare problem: { readonly words: string; readonly field: string } | undefined;
  declare accepted: AcceptedView | undefined;

  constructor() {
    super();
    this.draft = {};
    this.busy = false;
  }

  override createRenderRoot(): HTMLElement {
    return this;
  }

  /** The field that was refused gets the focus. */
  override updated(changed: Map<PropertyKey, unknown>): void {
    if (changed.has('problem') && this.problem !== undefined)
      this.querySelector<HTMLElement>('[aria-invalid="true"], [role="alert"]')?.focus();
  }

  async #run(ask: () => Promise<void>): Promise<void> {
    if (this.busy) return;
    this.busy = true;
    this.problem = undefined;
    try {
      await ask();
    } catch (error) {
      const words = error instanceof Error ? error.message : String(error);
      this.problem = { words, field: error instanceof RefusedError ? String(error.members.field ?? '') : '' };
      if (error instanceof LoggedOutError) this.dispatchEvent(new CustomEvent('logged-out', { bubbles: true }));
    } finally {
      this.busy = false;
    }
    await focusAgain(this, 'h3');
  }

  #accept(event: SubmitEvent): void {
    event.preventDefault();
    const { knocker, draft } = this;
    const given = Object.fromEntries(Object.entries(draft).filter(([, value]) => value.trim() !== ''));
    const wish: AcceptWish = { knocker: knocker.number, name: knocker.suggestedName, logIn: this.#logIn, ...given };
    void this.#run(async () => {
      this.accepted = await acceptKnocker(wish);
    });
  }

  get #logIn(): 'own' | 'made' {
    const { logIn } = this.knocker;
    if (!logIn.own) return 'made';
    return this.draft.logIn ?? (logIn.weak === null ? 'own' : 'made');
  }

  override render(): TemplateResult {
    const { knocker } = this;
    const taken = knocker.takenIn ?? justTakenIn(this.accepted);
    return html`<article class="card knocker" aria-labelledby="knocker-${knocker.number}">
      <h3 id="knocker-${knocker.number}" tabindex="-1">${taken?.name ?? knocker.suggestedName}</h3>
      ${taken === null ? this.#knocking() : this.#takenIn(taken)}
    </article>`;
  }

  #knocking(): TemplateResult {
    const { knocker } = this;
    return html`${judgementWords(knocker)}
      ${factsOf(knocker, this.nowMs)}
      ${this.isOpen && knocker.claims !== null ? this.#replacement(knocker.claims) : nothing}
      ${this.isOpen ? this.#form() : html`<p class="muted">${t('set-up/pairing.has-ended')}</p>`}`;
  }

  /** The client gets the identity of a known one: said first, because it cannot be told from a thief. */
  #replacement({ id, name }: NonNullable<KnockerView['claims']>): TemplateResult {
    return html`<details class="replacement"><summary>${t('set-up/pairing.replace', { name })}</summary>
      <p><strong>${t('set-up/pairing.replace-warning', { name })}</strong></p>
      <p class="muted">${t('set-up/pairing.replace-what')}</p>
      <div class="form-buttons"><button type="button" class="danger" ?disabled=${this.busy} @click=${() =>
        void this.#run(async () => {
          const { credential } = await replaceBy(this.knocker.number, id);
          this.accepted = {
            device: id,
            section: 'devices',
            name,
            revision: 0,
            ...(credential === undefined ? {} : { credential }),
          };
        })}>${t('set-up/pairing.replace-now', { name })}</button></div></details>`;
  }

  #form(): TemplateResult {
    const { knocker, problem, busy } = this;
    const whole = problem !== undefined && !['name', 'id', 'place', 'topic'].includes(problem.field);
    return html`<form class="knocker-form" @submit=${(event: SubmitEvent) => this.#accept(event)}>
      ${this.#field('name', t('set-up/field.name'), knocker.suggestedName)}
      <details ?open=${problem !== undefined && problem.field !== 'name' && problem.field !== ''}>
        <summary>${t('set-up/pairing.more')}</summary>
        ${this.#field('place', t('set-up/field.place'), '')}
        ${this.#field('id', t('set-up/field.id'), '', t('set-up/pairing.id-hint'))}
        ${this.#decoder()}
        ${this.#field('topic', t('set-up/pairing.topic'), knocker.judgements[0]?.topic ?? '')}
        ${this.#section()}
        ${this.#credential()}
      </details>
      ${knocker.judgements.length === 0 ? this.#decoder() : nothing}
      ${whole ? html`<p class="failure" role="alert" tabindex="-1">${problem.words}</p>` : nothing}
      <div class="form-buttons">
        <button class="primary" ?disabled=${busy}>${busy ? t('set-up/pairing.taking') : t('set-up/pairing.take')}</button>
        <button type="button" class="plain" ?disabled=${busy} @click=${() => void this.#run(async () => void (await ignoreKnocker(knocker.number)))}>${t('set-up/pairing.ignore')}</button>
      </div>
      <p class="muted">${this.#logIn === 'own' ? t('set-up/pairing.keeps') : t('set-up/pairing.gets')}</p>
    </form>`;
  }

  #field(name: FieldName, label: string, value: string, hint = ''): TemplateResult {
    const id = `knocker-${this.knocker.number}-${name}`;
    const mistake = this.problem?.field === name ? this.problem.words : '';
    const about = [hint === '' ? '' : `${id}-hint`, mistake === '' ? '' : `${id}-mistake`].join(' ').trim();
    return html`<div class="field">
      <label for=${id}>${label}</label>
      <input id=${id} .value=${this.draft[name] ?? value} autocomplete="off" aria-invalid=${mistake === '' ? 'false' : 'true'} aria-describedby=${about === '' ? nothing : about} @input=${(
        event: Event,
      ) => this.#type({ [name]: (event.target as HTMLInputElement).value })} />
      ${hint === '' ? nothing : html`<p class="muted" id="${id}-hint">${hint}</p>`}
      ${mistake === '' ? nothing : html`<p class="failure" id="${id}-mistake">${mistake}</p>`}
    </div>`;
  }

  get #chosenDecoder(): string {
    return this.draft.decoder ?? this.knocker.judgements[0]?.decoder ?? '';
  }

  /** Devices of some kinds may be a bridge; of the others the decoder alone says what they are. */
  #section(): TemplateResult | typeof nothing {
    const { judgements, number } = this.knocker;
    const decoder = this.#chosenDecoder;
    if (this.decoders.find(({ name }) => name === decoder)?.bridge !== 'also') return nothing;
    const recognised = judgements.find((one) => one.decoder === decoder)?.section ?? 'devices';
    const id = `knocker-${number}-section`;
    return html`<div class="field">
      <label class="switch" for=${id}><input type="checkbox" role="switch" id=${id} aria-describedby="${id}-hint" .checked=${live((this.draft.section ?? recognised) === 'bridges')} @change=${(
        event: Event,
      ) =>
        this.#type({
          section: (event.target as HTMLInputElement).checked ? 'bridges' : 'devices',
        })} /><span>${t('set-up/pairing.is-bridge')}</span></label>
      <p class="muted" id="${id}-hint">${t('set-up/pairing.is-bridge-hint')}</p>
    </div>`;
  }

  /** With several decoders that recognise it, or none, a person may choose. */
  #decoder(): TemplateResult {
    const { judgements, number } = this.knocker;
    const recognised = judgements.map(({ decoder, about, sure }) => ({ decoder, words: `${about}, ${percent(sure)}` }));
    const others = this.decoders.filter(({ name }) => !judgements.some(({ decoder }) => decoder === name));
    const chosen = this.#chosenDecoder;
    return html`<div class="field">
      <label for="knocker-${number}-decoder">${t('set-up/devices.decoder')}</label>
      <select id="knocker-${number}-decoder" @change=${(event: Event) => this.#chooseDecoder((event.target as HTMLSelectElement).value)}>
        ${judgements.length === 0 ? html`<option value="" ?selected=${chosen === ''}>${t('set-up/pairing.choose')}</option>` : nothing}
        ${[...recognised, ...others.map(({ name, about }) => ({ decoder: name, words: about }))].map(
          ({ decoder, words }) => html`<option value=${decoder} ?selected=${decoder === chosen}>${words}</option>`,
        )}
      </select>
    </div>`;
  }

  #credential(): TemplateResult {
    const { logIn, number } = this.knocker;
    const own = logIn.own ? say(logIn.weakI18n, logIn.weak ?? '') : say(logIn.whyI18n, logIn.why ?? '');
    const choice = (which: 'own' | 'made', words: string) => html`<label class="choice">
      <input type="radio" name="knocker-${number}-log-in" .checked=${this.#logIn === which} ?disabled=${which === 'own' && !logIn.own} @change=${() => this.#type({ logIn: which })} />
      <span>${words}</span></label>`;
    return html`<fieldset class="field"><legend>${t('set-up/pairing.log-in')}</legend>
      ${choice('own', t('set-up/pairing.own'))} ${choice('made', t('set-up/pairing.made'))}
      ${own === '' ? nothing : html`<p class="muted">${own}</p>`}
    </fieldset>`;
  }

  #takenIn({ id, by, logIn, arrived }: NonNullable<KnockerView['takenIn']>): TemplateResult {
    const { accepted } = this;
    const state =
      arrived !== null
        ? t('set-up/pairing.arrived', { time: formats.clockTime(arrived, this.nowMs) })
        : logIn === 'made'
          ? t('set-up/pairing.waits-entry')
          : t('set-up/pairing.waits');
    const { credential } = accepted ?? {};
    return html`<p role="status"><strong class=${arrived === null ? '' : 'good'}>${state}</strong></p>
      ${this.#wayTo(id)}
      ${by === '' ? nothing : html`<p class="muted">${t('set-up/pairing.is-in', { id, name: by })}</p>`}
      ${
        credential === undefined || arrived !== null
          ? nothing
          : html`<dl class="facts"><div class="fact"><dt>${t('set-up/credential.user')}</dt><dd><code>${credential.user}</code></dd></div></dl>
            ${shownOnce(t('set-up/credential.password'), credential.password, t('set-up/credential.once'))}`
      }`;
  }

  /** Whether it is a bridge is a question of the decoder: what was said for another one does not count. */
  #chooseDecoder(decoder: string): void {
    const { section: _, ...rest } = this.draft;
    this.draft = { ...rest, decoder };
  }

  /** The next thing to do with a bridge is to name the devices behind it. */
  #wayTo(id: string): TemplateResult | typeof nothing {
    // the site's document is loaded again a moment after the change
    const section = (['bridges', 'devices'] as const).find((one) => this.site.entry(one, id) !== undefined);
    if (section === undefined) return nothing;
    const words = section === 'bridges' ? t('set-up/pairing.name-devices') : t('set-up/devices.to-device');
    return html`<p class="form-buttons"><a class="button plain" href=${setUpAddress(section, id)}>${words}</a></p>`;
  }

  #type(typed: Draft): void {
    this.draft = { ...this.draft, ...typed };
  }
}

/** As the gateway will show it with its next state. */
function justTakenIn(accepted: AcceptedView | undefined): KnockerView['takenIn'] {
  if (accepted === undefined) return null;
  const { device: id, name, credential } = accepted;
  return { id, name, by: '', at: '', logIn: credential === undefined ? 'own' : 'made', arrived: null };
}

function percent(sure: number): string {
  return `${Math.round(sure * 100)} %`;
}

customElements.define('forpost-knocker', KnockerCard);
