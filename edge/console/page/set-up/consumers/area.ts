/** The area of consumers: programs and displays at the broker, what they may read, and where they may give commands. */
import { html, LitElement, nothing, type TemplateResult } from 'lit';
import type { Fields } from '../../../view.ts';
import type { AreaModule, AreaParts } from '../area.ts';
import { addStep } from '../entries/add-step.ts';
import '../entries/credentials.ts';
import '../entries/entry-list.ts';
import '../entries/new-entry.ts';
import { removeEntry } from '../entries/remove-entry.ts';
import { entryForm } from '../form/form.ts';
import { gone, heading } from '../parts.ts';
import { t } from '../texts.ts';
import { consumerFields, newConsumerFields, roleTitle } from './fields.ts';

const section = 'consumers';

export const { view }: AreaModule = {
  view(parts: AreaParts): TemplateResult {
    const [id] = parts.steps;
    if (id === undefined) return html`<forpost-entry-list .parts=${parts} .words=${listWords}></forpost-entry-list>`;
    if (id === addStep) return html`<forpost-new-entry .parts=${parts} .words=${newWords}></forpost-new-entry>`;
    return html`<forpost-consumer-place .parts=${parts} .consumer=${id}></forpost-consumer-place>`;
  },
};

const listWords = {
  section,
  title: t('set-up/consumers.title'),
  add: t('set-up/consumers.add'),
  none: t('set-up/consumers.none'),
  about: ({ id, role }: Fields) => [...rolesIn(role).map(roleTitle), String(id)].join(' · '),
};

const newWords = {
  section,
  title: t('set-up/consumers.add-title'),
  add: t('set-up/consumers.add'),
  added: t('set-up/consumers.added'),
  how: t('set-up/consumers.added-how'),
  toIt: t('set-up/consumers.to-it'),
  fields: newConsumerFields,
};

function rolesIn(role: unknown): readonly string[] {
  return role === undefined ? [] : [role].flat().map(String);
}

class ConsumerPlace extends LitElement {
  static override properties = { parts: { attribute: false }, consumer: { attribute: false }, done: { state: true } };
  declare parts: AreaParts;
  /** its id */
  declare consumer: string;
  /** what was done last; empty: nothing yet */
  declare done: string;

  constructor() {
    super();
    this.done = '';
  }

  override createRenderRoot(): HTMLElement {
    return this;
  }

  override willUpdate(changed: Map<PropertyKey, unknown>): void {
    if (changed.has('consumer')) this.done = '';
  }

  override render(): TemplateResult {
    const { site, nowMs, go } = this.parts;
    const { consumer } = this;
    const entry = site.entry(section, consumer);
    if (entry === undefined) return html`${heading(consumer)}${gone()}`;
    const name = String(entry.name ?? consumer);
    const spec = {
      key: `${section}/${consumer}`,
      fields: consumerFields,
      save: t('set-up/form.save'),
      at: () => [section, consumer],
    };
    return html`${heading(name, html`<code>${consumer}</code>`)}
      ${this.done === '' ? nothing : html`<p class="done" role="status">${this.done}</p>`}
      ${entryForm(site, spec, () => {
        this.done = t('set-up/form.saved');
      })}
      <forpost-credentials .principal=${consumer} .nowMs=${nowMs}></forpost-credentials>
      ${removeEntry(site, [section, consumer], name, () => go())}`;
  }
}

customElements.define('forpost-consumer-place', ConsumerPlace);
