/**
 * Routes of the site's actions: the list, the forms, the check of a draft, and a test. The page's server registers them
 * behind its log-in, the gateway's socket for users of this machine. An action is saved as a change of the document
 * (site-routes.ts).
 *
 * Always: a test is marked as one and changes no alarm; an action that was tried a moment ago is refused (429).
 */
import { HttpProblem } from '@forpost/shared/http/problem.ts';
import { problem } from '@forpost/shared/http/schema.ts';
import type { Api } from '@forpost/shared/http/typed-routes.ts';
import { inEnglish, words } from '@forpost/shared/texts/english.ts';
import type { Message } from '@forpost/shared/texts/message.ts';
import { message } from '@forpost/shared/texts/texts.ts';
import type { FastifyRequest } from 'fastify';
import { actionSummary } from '../alerts/action-summary.ts';
import type { ActionTests } from '../alerts/action-tests.ts';
import { actionKind, actionKinds } from '../alerts/actions/kinds.ts';
import { checkAction } from '../alerts/check-action.ts';
import type { SiteActions } from '../alerts/site-actions.ts';
import { fieldsOf } from '../rules/form/field.ts';
import { type ActionConfig, actionBase, type Site } from '../site/site.ts';
import { logInsOf } from '../site/site-devices.ts';
import { inAnyLanguage } from './any-language.ts';
import {
  actionFormsAnswer,
  actionParams,
  actionsAnswer,
  checkActionBody,
  checkedActionAnswer,
  secretAnswer,
  secretBody,
  secretParams,
  triedAnswer,
} from './schemas/actions.ts';

export interface ActionRouteParts {
  readonly site: () => Site;
  readonly actions: Pick<SiteActions, 'list'>;
  readonly tests: Pick<ActionTests, 'run'>;
  /** absent: secrets of actions are not changed here */
  readonly secrets?: ActionSecretDoor;
}

export interface ActionSecretDoor {
  /** the names of the secrets that an action has */
  readonly names: (action: string) => readonly string[];
  /** Writes a secret, which an empty value removes; in force when it resolves. @throws ForpostError */
  readonly change: (action: string, name: string, value: string) => Promise<void>;
}

/** The action of every site: alarms for local programs. */
const builtIn = { id: 'mqtt', topic: 'forpost/alerts/<rule>/<device>' } as const;
const see = { right: 'see' } as const;
const act = { right: 'act' } as const;

/** `userOf`: who sent the request. */
export function registerActionRoutes(
  app: Api,
  parts: ActionRouteParts,
  userOf: (request: FastifyRequest) => string,
): void {
  registerReading(app, parts);
  if (parts.secrets !== undefined) registerSecrets(app, parts.site, parts.secrets, userOf);
  app.post(
    '/api/v1/actions/:id/try',
    {
      config: act,
      schema: {
        summary: 'Tries an action with a marked test: it begins now and ends after a few seconds',
        description:
          'The action does what it does for an alarm. The test is no alarm: its rule is `action-test`, and `test` is true.',
        params: actionParams,
        response: {
          200: triedAnswer,
          404: problem('the site has no such action'),
          429: problem('the action was tried a moment ago'),
        },
      },
    },
    async (request) => {
      const tried = await parts.tests.run(request.params.id, userOf(request));
      if ('refused' in tried) throw new HttpProblem(tried.why === 'unknown' ? 404 : 429, tried.refused);
      return { ok: tried.ok, message: inEnglish(tried.message), message_i18n: tried.message };
    },
  );
}

function registerSecrets(
  app: Api,
  site: ActionRouteParts['site'],
  secrets: ActionSecretDoor,
  userOf: (request: FastifyRequest) => string,
): void {
  app.put(
    '/api/v1/actions/:id/secrets/:name',
    {
      config: act,
      schema: {
        summary: 'Sets, replaces or removes a secret of an action, such as the token of a webhook',
        description: 'The value stands in the secrets file and in no answer.',
        params: secretParams,
        body: secretBody,
        response: {
          200: secretAnswer,
          404: problem('the site has no such action, or its kind has no such secret'),
        },
      },
    },
    async (request) => {
      const { id, name } = request.params;
      const action = (site().actions ?? []).find((one) => one.id === id);
      if (action === undefined || !(actionKind(action.kind)?.secrets ?? []).includes(name))
        throw new HttpProblem(404, words('gateway/reason.no-action-secret', { id, name }));
      await secrets.change(id, name, request.body.value);
      request.log.info({ action: id, secret: name, by: userOf(request) }, 'a secret of an action was changed');
      return { secretsSet: [...secrets.names(id)] };
    },
  );
}

function registerReading(app: Api, { site, actions, secrets }: ActionRouteParts): void {
  const ruleName = (id: string) => site().rules.find((rule) => rule.id === id)?.name ?? id;
  app.get(
    '/api/v1/actions',
    {
      config: see,
      schema: {
        summary: 'Actions of the site, and whether they work',
        response: { 200: actionsAnswer },
      },
    },
    async () => ({
      actions: [
        { id: builtIn.id, name: builtIn.id, kind: builtIn.id, ...sentenceOf(message('rule/action.alerts', builtIn)) },
        ...(site().actions ?? []).map((config) => {
          const why = actions.list().find((one) => one.config.id === config.id)?.problem;
          return {
            id: config.id,
            name: config.name ?? config.id,
            kind: config.kind,
            ...sentenceOf(actionSummary(config, ruleName)),
            config,
            ...(secrets === undefined ? {} : { secretsSet: [...secrets.names(config.id)] }),
            ...(why === undefined ? {} : { problem: inEnglish(why), problemI18n: why }),
          };
        }),
      ],
    }),
  );
  app.get(
    '/api/v1/actions/forms',
    {
      config: see,
      schema: { summary: 'A form for each kind of action', response: { 200: actionFormsAnswer } },
    },
    async () => ({
      kinds: actionKinds.map(({ kind, title, schema, secrets = [] }) => ({
        kind,
        title: title === undefined ? kind : inEnglish(title),
        ...(title === undefined ? {} : { titleI18n: title }),
        about: (schema as { readonly description?: string }).description ?? kind,
        fields: fieldsOf(schema),
        secrets,
      })),
      common: fieldsOf({ properties: actionBase, required: ['id', 'kind'] }, ['kind']),
    }),
  );
  app.post(
    '/api/v1/actions/check',
    {
      config: act,
      schema: {
        summary: 'What a drafted action does, in a sentence, and what is wrong with it, each at its field',
        body: checkActionBody,
        response: { 200: checkedActionAnswer },
      },
    },
    async ({ body: { action } }) => {
      const now = site();
      const { rules } = now;
      const { problems } = checkAction(action, { devices: logInsOf(now), rules: rules.map(({ id }) => id) });
      const summary = problems.length === 0 ? actionSummary(action as unknown as ActionConfig, ruleName) : undefined;
      return {
        problems: problems.map(({ path, missing, message: what }) => ({
          path: missing === undefined ? path : [...path, missing],
          ...inAnyLanguage(what),
        })),
        ...(summary === undefined ? {} : { summary: inEnglish(summary), summary_i18n: summary }),
      };
    },
  );
}

function sentenceOf(sentence: Message | undefined): { readonly sentence: string; readonly sentenceI18n?: Message } {
  return sentence === undefined ? { sentence: '' } : { sentence: inEnglish(sentence), sentenceI18n: sentence };
}
