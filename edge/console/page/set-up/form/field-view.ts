/**
 * Draws one field: its label, hint, input, and the mistake in it.
 *
 * Always: the label names the input; hint and mistake are its description; a wrong input says so to a screen reader; every
 * target is 48 px high.
 */
import { html, nothing, type TemplateResult } from 'lit';
import { live } from 'lit/directives/live.js';
import { formats } from '../../texts.ts';
import { sentence } from '../../words.ts';
import { t } from '../texts.ts';
import type { Choice, Field, ListField } from './fields.ts';

export interface FieldViewParts {
  /** unique in the page */
  readonly id: string;
  readonly value: unknown;
  /** empty: none is known */
  readonly mistake: string;
  readonly disabled: boolean;
  readonly change: (value: unknown) => void;
}

interface InputParts extends FieldViewParts {
  readonly describedBy: string;
}

export function fieldView(field: Field, parts: FieldViewParts): TemplateResult {
  const { id, mistake } = parts;
  const hint = hintOf(field, parts.value);
  const describedBy = [hint === '' ? '' : `${id}-hint`, mistake === '' ? '' : `${id}-mistake`].join(' ').trim();
  const input = inputView(field, { ...parts, describedBy });
  const about = html`${hint === '' ? nothing : html`<p class="muted" id="${id}-hint">${hint}</p>`}
    ${mistake === '' ? nothing : html`<p class="failure" id="${id}-mistake">${sentence(mistake)}.</p>`}`;
  if (field.kind === 'switch')
    return html`<div class="field"><label class="switch" for=${id}>${input}<span>${field.label}</span></label>${about}</div>`;
  if (field.kind === 'list')
    return html`<fieldset class="field" aria-describedby=${describedBy || nothing}><legend>${field.label}</legend>${about}${input}</fieldset>`;
  return html`<div class="field"><label for=${id}>${field.label}${optional(field)}</label>${about}${input}</div>`;
}

function optional({ required }: Field): unknown {
  return required === true ? nothing : html` <span class="note">${t('set-up/form.optional')}</span>`;
}

/** The field's own hint, then what the chosen value means. */
function hintOf(field: Field, value: unknown): string {
  const { hint = '' } = field;
  if (field.kind !== 'choice') return hint;
  const about = field.choices.find((choice) => choice.value === value)?.about ?? '';
  return [hint, about].filter((text) => text !== '').join(' ');
}

function inputView(field: Field, parts: InputParts): TemplateResult {
  const { id, value, disabled, change, describedBy, mistake } = parts;
  const invalid = mistake !== '';
  const typed = (event: Event) => change((event.currentTarget as HTMLInputElement).value);
  switch (field.kind) {
    case 'own':
      return field.view({ ...parts, invalid });
    case 'list':
      return listView(field, parts);
    case 'switch':
      return html`<input type="checkbox" role="switch" id=${id} .checked=${live((value ?? field.otherwise ?? false) === true)} ?disabled=${disabled}
        aria-invalid=${String(invalid)} aria-describedby=${describedBy || nothing}
        @change=${(event: Event) => change((event.currentTarget as HTMLInputElement).checked)} />`;
    case 'choice':
      return html`<select id=${id} .value=${live(text(value))} ?disabled=${disabled} aria-invalid=${String(invalid)} aria-describedby=${describedBy || nothing} ?required=${field.required} @change=${typed}>
        ${options(field.choices, value, field.none ?? (value === undefined ? '' : undefined))}
      </select>`;
    case 'secret':
      return html`<input type="password" id=${id} .value=${live(text(value))} ?disabled=${disabled} autocomplete=${field.autocomplete ?? 'off'}
        aria-invalid=${String(invalid)} aria-describedby=${describedBy || nothing} ?required=${field.required} @input=${typed} />`;
    case 'number':
      return html`<span class="with-unit"><input id=${id} inputmode="decimal" autocomplete="off" .value=${live(numberText(value))} placeholder=${field.placeholder ?? ''} ?disabled=${disabled}
        aria-invalid=${String(invalid)} aria-describedby=${[describedBy, field.unit === undefined ? '' : `${id}-unit`].join(' ').trim() || nothing} ?required=${field.required} @input=${typed} />
        ${field.unit === undefined ? nothing : html`<span class="unit" id="${id}-unit">${field.unit}</span>`}</span>`;
    case 'text':
      if ((field.lines ?? 1) > 1)
        return html`<textarea id=${id} rows=${field.lines ?? 1} .value=${live(text(value))} placeholder=${field.placeholder ?? ''} ?disabled=${disabled}
          aria-invalid=${String(invalid)} aria-describedby=${describedBy || nothing} ?required=${field.required} @input=${typed}></textarea>`;
      return html`<input id=${id} autocomplete="off" autocapitalize=${field.literal === true ? 'none' : nothing} spellcheck=${field.literal === true ? 'false' : nothing} .value=${live(text(value))} placeholder=${field.placeholder ?? ''} ?disabled=${disabled}
        aria-invalid=${String(invalid)} aria-describedby=${describedBy || nothing} ?required=${field.required} @input=${typed} />`;
  }
}

/** `none`: label of no choice; undefined: one must be chosen. A value outside the choices stays as it is. */
function options(choices: readonly Choice[], value: unknown, none: string | undefined): TemplateResult {
  const unknown = typeof value === 'string' && value !== '' && !choices.some((choice) => choice.value === value);
  return html`${none === undefined ? nothing : html`<option value="" ?selected=${(value ?? '') === ''}>${none}</option>`}
    ${unknown ? html`<option value=${value} selected>${value}</option>` : nothing}
    ${choices.map((choice) => html`<option value=${choice.value} ?selected=${choice.value === value}>${choice.label}</option>`)}`;
}

/** One input a line, each with a button that removes it. The button below adds a line, which gets the focus. */
function listView(field: ListField, { id, value, disabled, change, mistake }: InputParts): TemplateResult {
  const lines = value === undefined ? [] : [value].flat().map(String);
  const set = (index: number) => (event: Event) =>
    change(lines.with(index, (event.currentTarget as HTMLInputElement).value));
  const line = (text: string, index: number) => {
    const label = t('set-up/form.line', { name: field.label, number: index + 1 });
    const input =
      field.choices === undefined
        ? html`<input id="${id}-${index}" autocomplete="off" autocapitalize=${field.literal === true ? 'none' : nothing} spellcheck="false" aria-label=${label} aria-invalid=${String(mistake !== '')} .value=${live(text)} ?disabled=${disabled} @input=${set(index)} />`
        : html`<select id="${id}-${index}" .value=${live(text)} aria-label=${label} aria-invalid=${String(mistake !== '')} ?disabled=${disabled} @change=${set(index)}>${options(field.choices, text, text === '' ? '' : undefined)}</select>`;
    return html`<li>${input}<button type="button" class="plain" ?disabled=${disabled} aria-label=${t('set-up/form.remove-line', { line: text || label })}
      @click=${(event: Event) => {
        focusAfter(event, `${id}-add`);
        change(lines.toSpliced(index, 1));
      }}>✕</button></li>`;
  };
  return html`${lines.length === 0 ? nothing : html`<ul class="lines">${lines.map(line)}</ul>`}
    <button type="button" class="plain" id="${id}-add" ?disabled=${disabled} @click=${(event: Event) => {
      focusAfter(event, `${id}-${lines.length}`);
      change([...lines, '']);
    }}>+ ${field.add}</button>`;
}

/** Gives the focus to the element with this id once it is drawn. */
function focusAfter({ currentTarget }: Event, id: string): void {
  const root = (currentTarget as HTMLElement).closest('form');
  requestAnimationFrame(() => root?.querySelector<HTMLElement>(`#${CSS.escape(id)}`)?.focus());
}

function text(value: unknown): string {
  return value === undefined || value === null ? '' : String(value);
}

/** A number of the document has the decimal sign of the reader's language; what is typed stays as it is. */
function numberText(value: unknown): string {
  if (typeof value !== 'number') return text(value);
  return formats.number(0.5).includes(',') ? String(value).replace('.', ',') : String(value);
}
