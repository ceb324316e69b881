/** The calls of these areas to the gateway. Types come from the API's schemas. */
import type {
  ActionForms,
  CheckedDraft,
  Completions,
  RehearsalView,
  RuleForms,
  SiteAction,
  SiteRule,
  Tried,
} from '../../../view.ts';
import { call, post } from '../../api.ts';
import { base } from '../../base.ts';

/** A rehearsal stops by itself before this. */
const rehearsalWithinMs = 90_000;

export type Draft = Readonly<Record<string, unknown>>;

export async function fetchRules(): Promise<readonly SiteRule[]> {
  return ((await answerOf(call(`${base}/api/v1/rules`))) as { rules: readonly SiteRule[] }).rules;
}

export async function fetchRuleForms(): Promise<RuleForms> {
  return (await answerOf(call(`${base}/api/v1/rules/forms`))) as RuleForms;
}

export async function checkRule(rule: Draft): Promise<CheckedDraft> {
  return (await answerOf(post(`${base}/api/v1/rules/check`, { rule }))) as CheckedDraft;
}

export async function complete(question: Draft): Promise<Completions> {
  return (await answerOf(post(`${base}/api/v1/rules/complete`, question))) as Completions;
}

export async function rehearse(rule: Draft): Promise<RehearsalView> {
  return (await answerOf(post(`${base}/api/v1/rules/rehearse`, { rules: [rule] }, rehearsalWithinMs))) as RehearsalView;
}

export async function fetchActions(): Promise<readonly SiteAction[]> {
  return ((await answerOf(call(`${base}/api/v1/actions`))) as { actions: readonly SiteAction[] }).actions;
}

/** The names of the secrets that an action has. */
export async function secretsSetOf(id: string): Promise<readonly string[]> {
  return (await fetchActions()).find((action) => action.id === id)?.secretsSet ?? [];
}

/** Sets a secret; an empty value removes it. Returns the names of those that are set then. */
export async function changeSecret(id: string, name: string, value: string): Promise<readonly string[]> {
  const path = `${base}/api/v1/actions/${encodeURIComponent(id)}/secrets/${encodeURIComponent(name)}`;
  const headers = { 'content-type': 'application/json' };
  const answer = call(path, { method: 'PUT', headers, body: JSON.stringify({ value }) });
  return ((await answerOf(answer)) as { readonly secretsSet: readonly string[] }).secretsSet;
}

export async function fetchActionForms(): Promise<ActionForms> {
  return (await answerOf(call(`${base}/api/v1/actions/forms`))) as ActionForms;
}

export async function checkAction(action: Draft): Promise<CheckedDraft> {
  return (await answerOf(post(`${base}/api/v1/actions/check`, { action }))) as CheckedDraft;
}

export async function tryAction(id: string): Promise<Tried> {
  return (await answerOf(post(`${base}/api/v1/actions/${encodeURIComponent(id)}/try`, {}))) as Tried;
}

async function answerOf(response: Promise<Response>): Promise<unknown> {
  return (await response).json();
}
