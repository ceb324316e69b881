/** Small pieces that several areas of set-up share. */
import { html, type LitElement, nothing, type TemplateResult } from 'lit';
import { setUpAddress } from '../route.ts';
import { t } from './texts.ts';

/** The heading of a place in set-up, which gets the focus when it is opened. */
export function heading(title: string, note: unknown = nothing): TemplateResult {
  return html`<h2 tabindex="-1">${title}${note === nothing ? nothing : html` <span class="note">${note}</span>`}</h2>`;
}

/** A row of a list that leads to a place in set-up. */
export function rowTo(steps: readonly string[], name: unknown, about: unknown, end: unknown = nothing): TemplateResult {
  return html`<li><a href=${setUpAddress(...steps)}>
    <span class="device-name"><span class="name">${name}</span><span class="muted">${about}</span></span>
    ${end}<span class="chevron next" aria-hidden="true"></span>
  </a></li>`;
}

/** A place whose thing is gone, as after an undo. */
export function gone(): TemplateResult {
  return html`<p class="card quiet" role="status">${t('set-up/gone')}</p>`;
}

/**
 * After a wait in which the focused button was disabled or drawn away: gives the focus to the first `selector` in `host`,
 * unless another element has it.
 */
export async function focusAgain(host: LitElement, selector: string): Promise<void> {
  await host.updateComplete;
  const { activeElement } = document;
  if (activeElement === null || activeElement === document.body) host.querySelector<HTMLElement>(selector)?.focus();
}

/** What a person has to copy now, because it is shown once: a password. */
export function shownOnce(label: string, value: string, note: string): TemplateResult {
  return html`<div class="card shown-once" role="status">
    <p><strong>${label}</strong></p>
    <p><code class="secret">${value}</code></p>
    <p class="muted">${note}</p>
    <button type="button" class="plain" @click=${() => void copied(value)}>${t('set-up/copy')}</button>
  </div>`;
}

/** Over plain http a browser has no clipboard for pages: then the value is selected by hand. */
async function copied(value: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(value);
  } catch (error) {
    console.warn('copy:', error);
  }
}
