/** Checks the actions of a site beyond the schema: kinds, ids, rules, and what each kind checks itself. */
import type { Problem } from '@forpost/shared/config/yaml.ts';
import { words } from '@forpost/shared/texts/english.ts';
import { wordsOf } from '@forpost/shared/texts/sentence.ts';
import { checkAction } from '../alerts/check-action.ts';
import type { Site } from '../site/site.ts';
import { logInsOf } from '../site/site-devices.ts';

export function checkActions(site: Pick<Site, 'actions' | 'devices' | 'bridges' | 'rules'>): readonly Problem[] {
  const { actions = [], rules } = site;
  const references = { devices: logInsOf(site), rules: rules.map(({ id }) => id) };
  const taken = new Set<string>();
  return actions.flatMap((action, index): readonly Problem[] => {
    const at = ['actions', index];
    const twice = taken.has(action.id)
      ? [{ path: [...at, 'id'], message: words('mistake/id.action', { id: action.id }) }]
      : [];
    taken.add(action.id);
    const { of, problems } = checkAction(action, references, at);
    if (of !== 'names') return [...twice, ...problems];
    const named = problems.map((problem) => ({
      ...problem,
      message: words('mistake/action', { id: action.id, reason: wordsOf(problem.message) }),
    }));
    return [...twice, ...named];
  });
}
