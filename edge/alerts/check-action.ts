/** Checks one action by its kind's schema and its kind's own checks. Pure. */
import { explain, type Path } from '@forpost/shared/config/explain.ts';
import { withSuggestion } from '@forpost/shared/config/nearest.ts';
import { words } from '@forpost/shared/texts/english.ts';
import type { FoundProblem } from '../rules/check-rule.ts';
import type { ActionConfig } from '../site/site.ts';
import type { ActionReferences } from './action-kind.ts';
import { actionKind, actionKinds, actionOfKind } from './actions/kinds.ts';

/**
 * Every problem of an action; none: it may run. `at`: its path in the file, with which the problems' paths begin. `of`: the
 * check that found them; a later one is not made.
 */
export function checkAction(
  action: { readonly kind: string },
  references: ActionReferences,
  at: Path = [],
): { readonly problems: readonly FoundProblem[]; readonly of: 'kind' | 'schema' | 'names' } {
  const kind = actionKind(action.kind);
  if (kind === undefined) {
    const names = actionKinds.map((known) => known.kind);
    const message = withSuggestion(words('mistake/action.kind', { name: action.kind }), action.kind, names);
    return { of: 'kind', problems: [{ path: [...at, 'kind'], message }] };
  }
  const ofSchema = explain(actionOfKind(kind), action, { path: at });
  if (ofSchema.length > 0) return { of: 'schema', problems: ofSchema };
  // the schema has checked its shape
  const config = action as ActionConfig;
  const unknown = (config.rules ?? []).flatMap((rule, index) =>
    references.rules.includes(rule)
      ? []
      : [
          {
            path: ['rules', index],
            message: withSuggestion(words('mistake/action.rule', { id: rule }), rule, references.rules),
          },
        ],
  );
  const problems = [...unknown, ...kind.check(config, references)];
  return { of: 'names', problems: problems.map(({ path, ...problem }) => ({ ...problem, path: [...at, ...path] })) };
}
