/**
 * The forms in which a person makes rules: one for each kind, described as data from the kind's own schema. A page draws the
 * fields without knowing any kind.
 *
 * Always: pure; a kind of the registry has a form, whatever its keys are.
 */
import type { Message } from '@forpost/shared/texts/message.ts';
import { ruleBase } from '../../site/site.ts';
import { conditionVariables } from '../cel.ts';
import { type AnyRuleKind, ruleKinds } from '../kinds/registry.ts';
import { type FormField, fieldsOf } from './field.ts';

export interface RuleForm {
  /** the word of `kind` in the document */
  readonly kind: string;
  readonly title: string;
  readonly titleI18n?: Message;
  /** the schema's description, in English */
  readonly about: string;
  /** category of its alarms, where the rule names none */
  readonly category: string;
  /** the keys of this kind, in the order in which the form asks for them */
  readonly fields: readonly FormField[];
  /** names of the placeholders of its sentence, without braces */
  readonly placeholders: readonly string[];
  /** names of the variables of its condition; empty: it has none */
  readonly variables: readonly string[];
}

export interface RuleForms {
  readonly kinds: readonly RuleForm[];
  /** keys of every kind: name, level, category, sentence, trial */
  readonly common: readonly FormField[];
}

export function ruleForms(kinds: readonly AnyRuleKind[] = ruleKinds): RuleForms {
  const common = fieldsOf({ properties: ruleBase, required: ['id', 'kind'] }, ['kind']);
  return {
    kinds: kinds.map(formOf),
    common: common.map((field) => (field.name === 'message' ? { ...field, type: 'sentence' } : field)),
  };
}

function formOf({ kind, title, category, schema, placeholders = [], conditionOn }: AnyRuleKind): RuleForm {
  const { description = kind } = schema as { readonly description?: string };
  return {
    kind,
    title: kind,
    category,
    placeholders,
    ...(title === undefined ? {} : { titleI18n: title }),
    about: description,
    fields: fieldsOf(schema),
    variables: conditionOn === undefined ? [] : Object.keys(conditionVariables[conditionOn]),
  };
}
