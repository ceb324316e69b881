/**
 * The actions that the site's document lists, as they run; and what becomes of them when the document changes.
 *
 *   absent ── the document has it ──► running, with the alarms that are active (nothing is done anew for them)
 *   running ── only its name differs, or nothing ──► runs on
 *           ├── another key or its secret differs ──► ended (it undoes what is still on), and another one begins
 *           └── the document has it no more, or it is switched off ──► ended
 *
 * Always: an action gets the alarms that it covers (its rules, its least severity), and no alarm of a trial; one action that
 * fails stops no other. A test goes to its action alone and changes no alarm.
 */
import { isDeepStrictEqual } from 'node:util';
import { messageOf } from '@forpost/shared/errors.ts';
import type { AlertData, Severity } from '@forpost/shared/event/event.ts';
import type { Message } from '@forpost/shared/texts/message.ts';
import { message } from '@forpost/shared/texts/texts.ts';
import { type ActionConfig, isEnabled } from '../site/site.ts';
import type { Action, ActionParts, ActionResult, Alert } from './action.ts';
import type { ActionSecrets, AnyActionKind } from './action-kind.ts';
import { actionKind } from './actions/kinds.ts';

interface Running {
  config: ActionConfig;
  readonly secrets: ActionSecrets;
  readonly action: Action;
}

/** An action of the document, for people. */
export interface ActionState {
  readonly config: ActionConfig;
  /** why it does not work, in words; absent: it works, as far as is known */
  readonly problem?: Message;
}

const severities: readonly Severity[] = ['info', 'warning', 'critical'];
const noSecrets: ActionSecrets = {};

/** What a document says of actions. */
export interface ActionSettings {
  readonly actions: readonly ActionConfig[];
  readonly secrets: Readonly<Record<string, ActionSecrets>>;
}

export class SiteActions implements Action {
  readonly name = 'actions of the site';
  readonly #parts: ActionParts;
  readonly #kindOf: (name: string) => AnyActionKind | undefined;
  /** the newest change of each alarm that is active; bounded by what `Alarms` keeps */
  readonly #active = new Map<string, Alert>();
  #running: readonly Running[] = [];
  #secrets: ActionSettings['secrets'] = {};

  /** @throws RangeError for an unknown kind; the check of site.yaml refuses it before */
  constructor(
    parts: ActionParts,
    settings: ActionSettings,
    kindOf: (name: string) => AnyActionKind | undefined = actionKind,
  ) {
    this.#parts = parts;
    this.#kindOf = kindOf;
    this.prepare(settings)();
  }

  /** Builds what a changed document needs; changes nothing until the result is called, which cannot fail. @throws RangeError */
  prepare({ actions, secrets }: ActionSettings): () => void {
    const known = new Map(this.#running.map((one) => [one.config.id, one]));
    const next = actions.filter(isEnabled).map((config): Running => {
      const own = secrets[config.id] ?? noSecrets;
      const before = known.get(config.id);
      if (before !== undefined && isSame(before, config, own)) return { ...before, config };
      const kind = this.#kindOf(config.kind);
      if (kind === undefined) throw new RangeError(`action "${config.id}": there is no kind "${config.kind}"`);
      return { config, secrets: own, action: kind.create(config, this.#parts, own) };
    });
    return () => {
      const kept = new Set(next.map(({ action }) => action));
      const ended = this.#running.filter(({ action }) => !kept.has(action));
      const begun = next.filter((one) => known.get(one.config.id)?.action !== one.action);
      this.#running = next;
      this.#secrets = secrets;
      for (const { action } of ended) this.#guarded(action, () => action.end?.());
      for (const one of begun) for (const alert of this.#active.values()) this.#restore(one, alert);
    };
  }

  perform(alert: Alert): void {
    this.#keep(alert);
    for (const one of this.#running)
      if (covers(one.config, alert.data)) this.#guarded(one.action, () => one.action.perform(alert));
  }

  restore(alert: Alert): void {
    this.#keep(alert);
    for (const one of this.#running) this.#restore(one, alert);
  }

  /** Tries one action with an alert of a test. Undefined: the site has no such action. */
  async tryOne(id: string, alert: Alert): Promise<ActionResult | undefined> {
    const found = this.#running.find(({ config }) => config.id === id);
    if (found === undefined) return undefined;
    try {
      return await found.action.try?.(alert);
    } catch (error) {
      this.#failed(found.action, error);
      return { ok: false, message: message('gateway/answer.action-broken', { reason: messageOf(error) }) };
    }
  }

  /** The names of the secrets that an action has; their values are for the action alone. */
  secretNames(id: string): readonly string[] {
    return Object.hasOwn(this.#secrets, id) ? Object.keys(this.#secrets[id] ?? noSecrets) : [];
  }

  /** In the order of the document. */
  list(): readonly ActionState[] {
    return this.#running.map(({ config, action }) => {
      const problem = action.problem?.();
      return { config, ...(problem === undefined ? {} : { problem }) };
    });
  }

  /** What people should know, a sentence each. */
  problems(): readonly Message[] {
    return this.list().flatMap(({ config: { id, name = id }, problem }) =>
      problem === undefined ? [] : [message('gateway/problem.action-failing', { name, reason: problem })],
    );
  }

  async stop(): Promise<void> {
    await Promise.all(this.#running.map(({ action }) => action.stop()));
    this.#running = [];
  }

  #keep(alert: Alert): void {
    if (alert.data.active) this.#active.set(alert.data.alarm, alert);
    else this.#active.delete(alert.data.alarm);
  }

  #restore({ config, action }: Running, alert: Alert): void {
    if (covers(config, alert.data)) this.#guarded(action, () => action.restore?.(alert));
  }

  #guarded(action: Action, run: () => void): void {
    try {
      run();
    } catch (error) {
      this.#failed(action, error);
    }
  }

  #failed({ name }: Action, error: unknown): void {
    this.#parts.logger.error({ action: name, err: error }, 'an action failed: a defect');
  }
}

/** Whether a running action may go on under this configuration. */
function isSame({ config, secrets }: Running, next: ActionConfig, own: ActionSecrets): boolean {
  const withoutName = ({ name: _, ...rest }: ActionConfig) => rest;
  return isDeepStrictEqual(withoutName(config), withoutName(next)) && isDeepStrictEqual(secrets, own);
}

/** Whether the alarm starts the action. */
function covers({ rules, min_severity: least = 'info' }: ActionConfig, { rule, severity, test }: AlertData): boolean {
  if (test || (rules !== undefined && !rules.includes(rule))) return false;
  return severities.indexOf(severity) >= severities.indexOf(least);
}
