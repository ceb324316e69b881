/** Checks one rule by its kind's schema and its kind's own checks. Pure. */
import { explain, type Path, type Problem } from '@forpost/shared/config/explain.ts';
import { withSuggestion } from '@forpost/shared/config/nearest.ts';
import { words } from '@forpost/shared/texts/english.ts';
import type { RuleConfig } from '../site/site.ts';
import { ruleKind, ruleKinds } from './kinds/registry.ts';
import type { RuleProblem, RuleReferences } from './rule.ts';
import { ruleOfKind } from './rule-schemas.ts';

/** A problem of a rule or an action. `offset`: of the wrong character in the text at its path. */
export type FoundProblem = Problem & Pick<RuleProblem, 'offset'>;

/**
 * Every problem of a rule; none: it may run. `at`: the path of the rule in its file, with which the problems' paths begin.
 * `of`: the check that found them; a later one is not made.
 */
export function checkRule(
  rule: { readonly kind: string },
  references: RuleReferences,
  at: Path = [],
): { readonly problems: readonly FoundProblem[]; readonly of: 'kind' | 'schema' | 'names' } {
  const kind = ruleKind(rule.kind);
  if (kind === undefined) {
    const names = ruleKinds.map((known) => known.kind);
    const message = withSuggestion(words('mistake/rule.kind', { name: rule.kind }), rule.kind, names);
    return { of: 'kind', problems: [{ path: [...at, 'kind'], message }] };
  }
  const ofSchema = explain(ruleOfKind(kind), rule, { path: at });
  if (ofSchema.length > 0) return { of: 'schema', problems: ofSchema };
  // the schema has checked its shape
  const problems = kind.check(rule as RuleConfig, references);
  return { of: 'names', problems: problems.map(({ path, ...problem }) => ({ ...problem, path: [...at, ...path] })) };
}
