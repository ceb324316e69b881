/** The fields of a form, as data: an area (or a schema) describes them, form.ts draws them and keeps what is typed. */
import type { TemplateResult } from 'lit';
import type { Fields } from '../../../view.ts';

export interface Choice {
  readonly value: string;
  readonly label: string;
  /** a few words about it, below the field while it is chosen */
  readonly about?: string;
}

interface AnyField {
  /** keys within the entry: ['name'], ['record', 'before_s'] */
  readonly path: readonly string[];
  readonly label: string;
  /** what belongs here, below the label */
  readonly hint?: string;
  /** an empty field is refused before the gateway is asked */
  readonly required?: boolean;
  /** behind a heading of its own (`FormSpec.folded`) until a person opens it */
  readonly folded?: boolean;
  /** whether the field is there, by the values as typed; default: always. The value of a field that is not there is removed. */
  readonly shown?: (values: Values) => boolean;
}

export interface TextField extends AnyField {
  readonly kind: 'text';
  readonly placeholder?: string;
  /** more than one line; default 1 */
  readonly lines?: number;
  /** an id, a topic, an address: a phone must neither capitalise nor correct it */
  readonly literal?: boolean;
}

export interface NumberField extends AnyField {
  readonly kind: 'number';
  /** behind the field: s, %, kW */
  readonly unit?: string;
  readonly placeholder?: string;
}

export interface ChoiceField extends AnyField {
  readonly kind: 'choice';
  readonly choices: readonly Choice[];
  /** the label of no choice; absent: one is chosen */
  readonly none?: string;
}

export interface SwitchField extends AnyField {
  readonly kind: 'switch';
  /** the value of an absent switch; default false. A switch at this value is removed from the document. */
  readonly otherwise?: boolean;
}

/** A list of texts: topics, classes. */
export interface ListField extends AnyField {
  readonly kind: 'list';
  /** of the button that adds a line */
  readonly add: string;
  /** what a line may be; absent: any text */
  readonly choices?: readonly Choice[];
  readonly literal?: boolean;
}

/** A text that no draft keeps and no document holds: `FormSpec.send` gets it apart. */
export interface SecretField extends AnyField {
  readonly kind: 'secret';
  readonly autocomplete?: 'new-password' | 'current-password' | 'off';
}

/** A field of an area's own: a picture, a text with completion. Its value is any JSON. */
export interface OwnField extends AnyField {
  readonly kind: 'own';
  readonly view: (parts: OwnFieldParts) => TemplateResult;
}

export interface OwnFieldParts {
  /** of the input, which the label names */
  readonly id: string;
  /** ids of hint and mistake, for aria-describedby; empty: there are none */
  readonly describedBy: string;
  readonly value: unknown;
  readonly invalid: boolean;
  readonly disabled: boolean;
  readonly change: (value: unknown) => void;
}

export type Field = TextField | NumberField | ChoiceField | SwitchField | ListField | SecretField | OwnField;

/** Values of a form by the names of its fields. A number is the text as typed until the form is saved. */
export type Values = Readonly<Record<string, unknown>>;

/** The name of a field in `Values`, and of its input. */
export function nameOf({ path }: Pick<Field, 'path'>): string {
  return path.join('.');
}

/** What the document says in this field. */
export function valueIn(entry: Fields | undefined, { path }: Pick<Field, 'path'>): unknown {
  return path.reduce<unknown>(
    (value, key) => (typeof value === 'object' && value !== null ? (value as Fields)[key] : undefined),
    entry,
  );
}
