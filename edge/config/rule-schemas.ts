/** The whole schema of a rule: what all rules have and what its kind adds. An unknown key is an error. */
import Type, { type TObject } from 'typebox';
import { type AnyRuleKind, ruleKinds } from '../rules/kinds/registry.ts';
import { ruleBase } from '../site/site.ts';

export function ruleOfKind({ kind, schema }: AnyRuleKind): TObject {
  const { description } = schema as { readonly description?: string };
  return Type.Object(
    { ...ruleBase, kind: Type.Literal(kind, description === undefined ? {} : { description }), ...schema.properties },
    { additionalProperties: false },
  );
}

/** Any rule, as the published schema of the site's file has it. */
export function anyRule() {
  return Type.Union(ruleKinds.map(ruleOfKind));
}
