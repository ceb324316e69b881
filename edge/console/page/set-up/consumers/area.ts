/** The area of consumers: programs and displays at the broker, what they may read, and where they may give commands. */
import { html, type TemplateResult } from 'lit';
import type { Fields } from '../../../view.ts';
import type { AreaModule, AreaParts } from '../area.ts';
import { addStep } from '../entries/add-step.ts';
import '../entries/credentials.ts';
import '../entries/entry-list.ts';
import '../entries/new-entry.ts';
import { EntryPlace } from '../entries/entry-place.ts';
import { removeEntry } from '../entries/remove-entry.ts';
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

class ConsumerPlace extends EntryPlace {
  static override properties = { ...EntryPlace.properties, consumer: { attribute: false } };
  /** its id */
  declare consumer: string;

  protected override get shown(): string {
    return this.consumer;
  }

  override render(): TemplateResult {
    const { site, nowMs, go } = this.parts;
    const { consumer } = this;
    const at = [section, consumer];
    const entry = site.entry(section, consumer);
    if (entry === undefined) return html`${heading(consumer)}${gone()}`;
    const name = String(entry.name ?? consumer);
    return html`${heading(name, html`<code>${consumer}</code>`)}
      ${this.form(at, consumerFields)}
      <forpost-credentials .principal=${consumer} .nowMs=${nowMs}></forpost-credentials>
      ${removeEntry(site, at, name, () => go())}`;
  }
}

customElements.define('forpost-consumer-place', ConsumerPlace);
