/** What an action does, in one sentence: "When an alarm of any rule begins, publish ON to cmnd/siren/POWER." */
import type { Message } from '@forpost/shared/texts/message.ts';
import { message } from '@forpost/shared/texts/texts.ts';
import { severityInWords } from '../rules/summary.ts';
import type { ActionConfig } from '../site/site.ts';
import { actionKind } from './actions/kinds.ts';

/** `nameOf`: of a rule, for people. Undefined for a kind that does not exist. */
export function actionSummary(config: ActionConfig, nameOf: (rule: string) => string): Message | undefined {
  const effect = actionKind(config.kind)?.effect(config);
  if (effect === undefined) return undefined;
  const { rules: ids, min_severity: least } = config;
  const rules =
    ids === undefined
      ? message('rule/action.rules-all')
      : message('rule/action.rules-some', { names: { list: ids.map(nameOf) } });
  if (least === undefined || least === 'info') return message('rule/action.sentence', { rules, effect });
  return message('rule/action.sentence-from', { rules, severity: severityInWords(least), effect });
}
