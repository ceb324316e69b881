/** What a rule does, in one sentence: "When power of Meter hall is above 24 kW for 30 s, raise the alarm “Overload” (critical)." */
import type { Severity } from '@forpost/shared/event/event.ts';
import type { Message } from '@forpost/shared/texts/message.ts';
import { message, type TextKey } from '@forpost/shared/texts/texts.ts';
import type { RuleConfig } from '../site/site.ts';
import { ruleKind } from './kinds/registry.ts';
import type { SiteNames } from './rule.ts';

const severities: Readonly<Record<Severity, TextKey<'rule'>>> = {
  info: 'rule/severity.info',
  warning: 'rule/severity.warning',
  critical: 'rule/severity.critical',
};

/** Within a sentence. */
export function severityInWords(severity: Severity): Message {
  return { key: severities[severity] };
}

/** `config`: a rule that its kind's schema allows. Undefined for a kind that does not exist. */
export function summaryOf(config: RuleConfig, names: SiteNames): Message | undefined {
  const clause = ruleKind(config.kind)?.clause(config, names);
  if (clause === undefined) return undefined;
  const about = {
    clause,
    name: config.name ?? config.id,
    severity: severityInWords(config.severity ?? 'warning'),
  };
  const { when, test } = config;
  const sentence =
    typeof when === 'string' ? message('rule/sentence.when', { ...about, when }) : message('rule/sentence', about);
  return test === true ? message('rule/sentence.trial', { sentence }) : sentence;
}
