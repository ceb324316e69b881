/**
 * Makes the fields of a form from what the gateway says of a kind of rule or action. The page knows types of fields, and no
 * kind: a kind of a newer gateway has a form too.
 */
import { html, nothing, type TemplateResult } from 'lit';
import { live } from 'lit/directives/live.js';
import type { FormFieldView, RuleForms } from '../../../view.ts';
import { formats } from '../../texts.ts';
import type { Choice, Field, OwnFieldParts, Values } from '../form/fields.ts';
import { conditionField } from './condition-field.ts';
import { say, t } from './texts.ts';

type SiteChoices = RuleForms['site'];

export interface FieldParts {
  readonly site: SiteChoices;
  /** kind of the rule, for the completion of its condition */
  readonly kind: string;
  /** names of the placeholders of the rule's sentence */
  readonly placeholders: readonly string[];
  /** the values as the form has them now: a zone depends on the camera */
  readonly values: () => Values;
}

export function fieldsFor(described: readonly FormFieldView[], parts: FieldParts): readonly Field[] {
  return described.map((field) => fieldOf(field, described, parts));
}

function fieldOf(field: FormFieldView, all: readonly FormFieldView[], parts: FieldParts): Field {
  const path = [field.name];
  const label = say(field.labelI18n, field.label);
  const hint = say(field.hintI18n, field.hint);
  const rivals = all.filter(({ name, instead }) => instead === field.name || field.instead === name);
  const common = {
    path,
    label,
    hint,
    required: field.required,
    // of two fields that exclude each other, the empty one is hidden once the other has a value
    ...(rivals.length === 0
      ? {}
      : {
          shown: (values: Values) => hasValue(values[field.name]) || !rivals.some(({ name }) => hasValue(values[name])),
        }),
  };
  const list = (choices: readonly Choice[]): Field => ({
    ...common,
    kind: 'list',
    choices,
    add: t('rule/page.add-line'),
  });
  const { site } = parts;
  switch (field.type) {
    case 'boolean':
      return { ...common, kind: 'switch', otherwise: field.default === true };
    case 'number':
    case 'integer':
      return { ...common, kind: 'number', placeholder: placeholderOf(field), ...unitOf(field, parts) };
    case 'share':
      return { ...common, kind: 'number', placeholder: placeholderOf(field) };
    case 'duration':
      return { ...common, kind: 'number', unit: t('rule/page.seconds'), placeholder: placeholderOf(field) };
    case 'choice':
      return { ...common, kind: 'choice', choices: choicesOf(field), none: noneOf(field) };
    case 'choices':
      return list(choicesOf(field));
    case 'device': {
      const every = { value: '*', label: t('rule/choice.all-devices') };
      return { ...common, kind: 'choice', choices: [every, ...named(site.devices)], none: '' };
    }
    case 'devices':
      return list(named(site.devices));
    case 'camera':
      return { ...common, kind: 'choice', choices: named(site.cameras), none: '' };
    case 'cameras':
      return list(named(site.cameras));
    case 'rules':
      return list(named(site.rules));
    case 'zone':
    case 'line':
      return { ...common, kind: 'choice', choices: drawnIn(field.type, parts), none: '' };
    case 'classes':
      return { ...common, kind: 'list', add: t('rule/page.add-line'), literal: true };
    case 'metric':
    case 'channel':
      return suggested(common, field.type, parts);
    case 'condition':
      return { ...common, kind: 'own', view: conditionField(label, parts) };
    case 'sentence':
      return {
        ...common,
        kind: 'text',
        lines: 2,
        hint: `${hint} ${parts.placeholders.map((one) => `{${one}}`).join(' ')}`,
      };
    case 'list':
      return { ...common, kind: 'list', add: t('rule/page.add-line') };
    default:
      return { ...common, kind: 'text', literal: ['id', 'topic', 'url', 'payload'].includes(field.name) };
  }
}

function hasValue(value: unknown): boolean {
  return value !== undefined && value !== '' && !(Array.isArray(value) && value.length === 0);
}

function placeholderOf({ default: otherwise }: FormFieldView): string {
  return typeof otherwise === 'number' ? formats.number(otherwise, 3) : '';
}

/** A limit has the unit of the metric, as the metric's name says. */
function unitOf({ ofMetric }: FormFieldView, { values }: FieldParts): { readonly unit?: string } {
  const { metric } = values();
  if (ofMetric !== true || typeof metric !== 'string') return {};
  const unit = /_([a-z]+[0-9]?)(?:_export)?(?:_l[1-3])?(?:_t[0-9]+)?$/.exec(metric)?.[1];
  return unit === undefined ? {} : { unit: unitNames[unit] ?? unit };
}
const unitNames: Readonly<Record<string, string>> = { w: 'W', wh: 'Wh', v: 'V', a: 'A', hz: 'Hz', c: '°C', pct: '%' };

function choicesOf({ choices = [] }: FormFieldView): readonly Choice[] {
  return choices.map(({ value, label, labelI18n }) => ({ value, label: say(labelI18n, label) }));
}

/** The label of no choice: the value that counts then. */
function noneOf({ required, default: otherwise, choices = [] }: FormFieldView): string {
  if (required) return '';
  const known = choices.find(({ value }) => value === otherwise);
  return known === undefined ? t('rule/page.any') : t('rule/page.usual', { value: say(known.labelI18n, known.label) });
}

function named(all: readonly { readonly id: string; readonly name: string }[]): readonly Choice[] {
  return all.map(({ id, name }) => ({ value: id, label: name === id ? name : `${name} (${id})` }));
}

function drawnIn(type: 'zone' | 'line', { site, values }: FieldParts): readonly Choice[] {
  const camera = site.cameras.find(({ id }) => id === values().camera);
  return named((type === 'zone' ? camera?.zones : camera?.lines) ?? []);
}

/** A text field that offers the values that the gateway has seen of the chosen device. */
function suggested(
  common: Pick<Field, 'path' | 'label' | 'required'>,
  type: 'metric' | 'channel',
  { site, values }: FieldParts,
): Field {
  const { device } = values();
  const devices = site.devices.filter(
    ({ id }) => typeof device !== 'string' || device === '' || device === '*' || id === device,
  );
  const seen = devices.flatMap((one) => one.values.map((value) => value[type])).filter((one) => one !== '');
  const offered = [...new Set(seen)];
  return { ...common, kind: 'own', view: (own) => typedWith(own, offered, type === 'metric' ? 'power_w' : '') };
}

/** A text field that offers a list of values; any other can be typed too. */
function typedWith(parts: OwnFieldParts, offered: readonly string[], placeholder: string): TemplateResult {
  const { id, describedBy, value, invalid, disabled, change } = parts;
  return html`<input id=${id} list="${id}-list" autocomplete="off" autocapitalize="none" spellcheck="false" placeholder=${placeholder}
      ?disabled=${disabled} aria-invalid=${String(invalid)} aria-describedby=${describedBy || nothing}
      .value=${live(typeof value === 'string' ? value : '')}
      @input=${(event: Event) => change((event.currentTarget as HTMLInputElement).value || undefined)} />
    <datalist id="${id}-list">${offered.map((one) => html`<option value=${one}>${formats.metricName(one)}</option>`)}</datalist>`;
}
