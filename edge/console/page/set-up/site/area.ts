/** The area of the site itself: its name, place, time zone and language; the machine's names and clock, and what needs a restart. */

import { languageNames, languages } from '@forpost/shared/texts/language.ts';
import { html, type TemplateResult } from 'lit';
import type { AreaModule, AreaParts } from '../area.ts';
import { EntryPlace } from '../entries/entry-place.ts';
import type { Field } from '../form/fields.ts';
import { heading } from '../parts.ts';
import { t } from '../texts.ts';
import './certificates.ts';
import './machine.ts';

const zones = Intl.supportedValuesOf('timeZone').map((zone) => ({ value: zone, label: zone.replaceAll('_', ' ') }));

const fields: readonly Field[] = [
  { kind: 'text', path: ['name'], label: t('set-up/field.name'), hint: t('set-up/site.name-hint') },
  { kind: 'text', path: ['place'], label: t('set-up/field.place'), hint: t('set-up/site.place-hint') },
  {
    kind: 'choice',
    path: ['timezone'],
    label: t('set-up/site.zone'),
    hint: t('set-up/site.zone-hint'),
    required: true,
    choices: zones,
  },
  {
    kind: 'choice',
    path: ['language'],
    label: t('set-up/site.language'),
    hint: t('set-up/site.language-hint'),
    choices: languages.map((one) => ({ value: one, label: languageNames[one] })),
    none: t('set-up/site.language-none', { language: languageNames.en }),
  },
  { kind: 'switch', path: ['local_only'], label: t('set-up/site.local-only'), hint: t('set-up/site.local-only-hint') },
];

class SiteArea extends EntryPlace {
  protected override get shown(): string {
    return 'site';
  }

  override render(): TemplateResult {
    const { site, status, nowMs } = this.parts;
    return html`${heading(t('set-up/site.title'), html`<code>${status.site}</code>`)}
      ${this.form(['site'], fields)}
      <forpost-machine .zone=${String(site.at(['site', 'timezone']) ?? 'UTC')} .nowMs=${nowMs}></forpost-machine>
      <forpost-certificates></forpost-certificates>
      <p class="muted">${t('set-up/site.restart')}</p>`;
  }
}

customElements.define('forpost-site', SiteArea);

export const { view }: AreaModule = {
  view: (parts: AreaParts) => html`<forpost-site .parts=${parts}></forpost-site>`,
};
