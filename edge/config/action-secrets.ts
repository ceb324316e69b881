/** Writes the secrets of actions into secrets.yaml: a token of a webhook. A secret is written and never read back to a person. */
import { isMap } from 'yaml';
import { changeSecrets, type SecretsFile } from './secrets-file.ts';

/**
 * Writes one secret of an action; an empty value removes it.
 * @throws ForpostError FORPOST_CONFIG_INVALID where the file cannot be read, is no YAML map, or cannot be written
 */
export function writeActionSecret(file: SecretsFile, action: string, name: string, value: string): void {
  changeSecrets(file, 'actions', (secrets) => {
    if (value === '') {
      if (!secrets.hasIn(['actions', action, name])) return;
      secrets.deleteIn(['actions', action, name]);
      const left = secrets.getIn(['actions', action]);
      if (isMap(left) && left.items.length === 0) secrets.deleteIn(['actions', action]);
      return;
    }
    if (!isMap(secrets.get('actions'))) secrets.set('actions', secrets.createNode({}));
    const actions = secrets.get('actions');
    // an empty map is written {}, and would keep that form
    if (isMap(actions)) actions.flow = false;
    secrets.setIn(['actions', action, name], secrets.createNode(value));
  });
}
