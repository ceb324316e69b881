/** The whole schema of a rule: the keys of all rules and those of its kind. An unknown key is an error. */
import Type, { type TObject } from 'typebox';
import { ruleBase } from '../site/site.ts';
import { type AnyRuleKind, ruleKinds } from './kinds/registry.ts';

export function ruleOfKind({ kind, schema }: AnyRuleKind): TObject {
  const { description } = schema as { readonly description?: string };
  return Type.Object(
    { ...ruleBase, kind: Type.Literal(kind, description === undefined ? {} : { description }), ...schema.properties },
    { additionalProperties: false },
  );
}

/** Any rule, for the published schema of the site's file. */
export function anyRule() {
  return Type.Union(ruleKinds.map(ruleOfKind));
}
