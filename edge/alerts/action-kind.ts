/**
 * A kind of action that a site's document may list: it brings its schema, its checks, its words and what it does. A new one
 * is one file in actions/ and one line in actions/kinds.ts.
 */
import type { Message } from '@forpost/shared/texts/message.ts';
import type { TObject } from 'typebox';
import type { RuleProblem } from '../rules/rule.ts';
import type { ActionConfig, DeviceConfig } from '../site/site.ts';
import type { Action, ActionParts } from './action.ts';

/** What an action may refer to, for the check at load. */
export interface ActionReferences {
  readonly devices: readonly DeviceConfig[];
  readonly rules: readonly string[];
}

export type ActionSecrets = Readonly<Record<string, string>>;

export interface ActionKind<Config> {
  /** as the document names it: publish, webhook, … */
  readonly kind: string;
  /** what a person chooses; absent: the word of `kind` */
  readonly title?: Message;
  /** the kind's own keys; the form is made from them, as that of a rule (rules/form/) */
  readonly schema: TObject;
  /** names of the secrets that it may have in secrets.yaml */
  readonly secrets?: readonly string[];
  /** the checks beyond the schema, each problem at its key */
  check(config: Config, references: ActionReferences): readonly RuleProblem[];
  /** its effect in words, to follow «When an alarm begins»: "publish ON to cmnd/siren/POWER" */
  effect(config: Config): Message;
  /** Constructs only: nothing happens before the first alert. */
  create(config: Config, parts: ActionParts, secrets: ActionSecrets): Action;
}

/** A kind for the registry; the document's check has compared each action with its kind's schema. */
export type AnyActionKind = ActionKind<ActionConfig>;
