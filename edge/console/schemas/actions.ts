/** Actions of the site over the gateway's API: the list, their forms, the check of a draft, a test. */
import { answer, closed, id, list, message, optional } from '@forpost/shared/http/schema.ts';
import Type from 'typebox';
import { draftProblem, formFieldSchema, formSchema } from './rules.ts';

export const actionsAnswer = answer({
  actions: list(
    answer({
      id: Type.String({ description: 'id of the action' }),
      name: Type.String({ description: 'name for people' }),
      kind: Type.String({ description: 'kind of the action' }),
      sentence: Type.String({ description: 'what it does, in words' }),
      sentenceI18n: optional(message('`sentence` as a message of the catalogue')),
      config: optional(
        Type.Unsafe<object>(
          Type.Object(
            {},
            { additionalProperties: true, description: 'as in the document; absent: every site has this action' },
          ),
        ),
      ),
      secretsSet: optional(
        Type.Array(Type.String(), { description: 'names of the secrets that it has; their values are in no answer' }),
      ),
      problem: optional(Type.String({ description: 'why it does not work, in words; absent: it works' })),
      problemI18n: optional(message('`problem` as a message of the catalogue')),
    }),
  ),
});

export type SiteAction = Type.Static<typeof actionsAnswer>['actions'][number];

export const actionFormsAnswer = answer({
  kinds: list(
    answer({
      ...formSchema.properties,
      secrets: list(Type.String({ description: 'names of the secrets that stand in secrets.yaml' })),
    }),
  ),
  common: list(formFieldSchema),
});

export type ActionForms = Type.Static<typeof actionFormsAnswer>;

export const draftedAction = Type.Object(
  {
    id: Type.String({ maxLength: 100, description: 'id of the action' }),
    kind: Type.String({ maxLength: 100, description: 'kind of the action' }),
  },
  { additionalProperties: true, description: 'an action as in the document' },
);
export const checkActionBody = Type.Object({ action: draftedAction }, closed);
export const checkedActionAnswer = answer({
  problems: list(draftProblem),
  summary: optional(Type.String({ description: 'what it does, in words; absent while it is wrong' })),
  summary_i18n: optional(message('`summary` as a message of the catalogue')),
});

/** It travels in a header: visible ASCII and spaces. */
export const secretBody = Type.Object(
  {
    value: Type.String({
      maxLength: 4096,
      pattern: '^[\\x20-\\x7e]*$',
      description: 'the secret; empty: it is removed',
    }),
  },
  closed,
);
export const secretParams = Type.Object(
  { id: id('id of the action'), name: Type.String({ maxLength: 64, description: 'name of the secret, as token' }) },
  closed,
);
export const secretAnswer = answer({
  secretsSet: Type.Array(Type.String(), { description: 'names of the secrets that the action has now' }),
});

export const actionParams = Type.Object({ id: id('id of the action') }, closed);
export const triedAnswer = answer({
  ok: Type.Boolean({ description: 'the other side took it' }),
  message: Type.String({ description: 'what became of it, in words' }),
  message_i18n: message('`message` as a message of the catalogue'),
});
export type Tried = Type.Static<typeof triedAnswer>;
