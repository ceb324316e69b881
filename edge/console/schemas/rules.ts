/** Set-up of rules over the gateway's API: forms, check of a draft, completion of a condition, rehearsal. */
import { answer, closed, deviceValue, list, message, optional, time } from '@forpost/shared/http/schema.ts';
import Type from 'typebox';
import { severitySchema } from '../../site/site.ts';

const plain = (description: string) => Type.Unsafe<unknown>(Type.Unknown({ description }));
const id = (description: string) => Type.String({ description });

const field = answer({
  name: Type.String({ description: 'the key in the document' }),
  type: Type.String({
    description:
      'what it holds: text, number, integer, boolean, choice, choices, list, duration (s), share (0 to 1), device, devices, channel, metric, camera, cameras, zone, line, classes, rules, condition (CEL), sentence, topic, url, secret',
  }),
  label: Type.String({ description: 'in English' }),
  labelI18n: optional(message('`label` as a message of the catalogue')),
  hint: Type.String({ description: 'what it means, in English' }),
  hintI18n: optional(message('`hint` as a message of the catalogue')),
  required: Type.Boolean({ description: 'an entry without it is refused' }),
  default: optional(plain('the value that an absent key has')),
  otherwise: optional(Type.String({ description: 'the default in English words, where it is no value' })),
  minimum: optional(Type.Number({ description: 'least value' })),
  maximum: optional(Type.Number({ description: 'greatest value' })),
  instead: optional(Type.String({ description: 'the field whose place this one takes: an entry has one of the two' })),
  ofMetric: optional(Type.Boolean({ description: 'a number in the unit of the rule’s metric' })),
  choices: optional(
    list(
      answer({
        value: Type.String({ description: 'the value in the document' }),
        label: Type.String({ description: 'in English' }),
        labelI18n: optional(message('`label` as a message of the catalogue')),
      }),
    ),
  ),
});
export const formSchema = answer({
  kind: Type.String({ description: 'the word of `kind` in the document' }),
  title: Type.String({ description: 'what a person chooses, in English' }),
  titleI18n: optional(message('`title` as a message of the catalogue')),
  about: Type.String({ description: 'what it does, in English' }),
  fields: list(field),
});
const named = answer({ id: id('id'), name: Type.String({ description: 'name for people' }) });

export const ruleFormsAnswer = answer({
  kinds: list(
    answer({
      ...formSchema.properties,
      category: Type.String({ description: 'category of its alarms, where the rule names none' }),
      placeholders: list(Type.String({ description: 'placeholders of its sentence, without braces' })),
      variables: list(Type.String({ description: 'variables of its condition; none: it has no condition' })),
    }),
  ),
  common: list(field),
  site: answer({
    devices: list(
      answer({
        ...named.properties,
        values: list(
          answer({
            channel: Type.String({ description: 'empty: none' }),
            metric: Type.String({ description: 'metric that the device has sent' }),
            value: deviceValue('its newest value'),
          }),
        ),
      }),
    ),
    cameras: list(
      answer({
        ...named.properties,
        zones: list(named),
        lines: list(named),
        classes: list(Type.String({ description: 'class that the camera looks for; none: all of its model' })),
      }),
    ),
    rules: list(named),
  }),
});
export { field as formFieldSchema };

export type RuleForms = Type.Static<typeof ruleFormsAnswer>;
export type FormFieldView = Type.Static<typeof field>;

export const draftedRule = Type.Object(
  {
    id: Type.String({ maxLength: 100, description: 'id of the rule' }),
    kind: Type.String({ maxLength: 100, description: 'kind of the rule' }),
  },
  { additionalProperties: true, description: 'a rule as in the document' },
);
export const checkRuleBody = Type.Object({ rule: draftedRule }, closed);
export const draftProblem = answer({
  path: list(Type.Union([Type.String(), Type.Integer()], { description: 'keys within the entry; first the field' })),
  message: Type.String({ description: 'what is wrong, in words' }),
  message_i18n: optional(message('`message` as a message of the catalogue')),
  offset: optional(Type.Integer({ description: 'of the wrong character in the field’s text, from 0' })),
  line: optional(Type.Integer({ description: 'of that character, from 1' })),
  column: optional(Type.Integer({ description: 'of that character, from 1' })),
});
export const checkedAnswer = answer({
  problems: list(draftProblem),
  summary: optional(Type.String({ description: 'what it does, in words; absent while a field lacks its form' })),
  summary_i18n: optional(message('`summary` as a message of the catalogue')),
});

export type CheckedDraft = Type.Static<typeof checkedAnswer>;

export const completeBody = Type.Object(
  {
    kind: Type.String({ maxLength: 100, description: 'kind of the rule' }),
    condition: Type.String({ maxLength: 2000, description: 'the text so far' }),
    offset: Type.Integer({ minimum: 0, maximum: 2000, description: 'of the cursor in it' }),
    device: optional(Type.String({ maxLength: 100, description: 'the rule’s device; default: all' })),
    camera: optional(Type.String({ maxLength: 100, description: 'the rule’s camera; default: all' })),
  },
  closed,
);
export const completionsAnswer = answer({
  from: Type.Integer({ description: 'offset of the first letter that a choice takes the place of' }),
  to: Type.Integer({ description: 'offset behind the last one' }),
  options: list(
    answer({
      insert: Type.String({ description: 'what a choice writes' }),
      label: Type.String({ description: 'what a list shows' }),
      about: optional(Type.String({ description: 'what it means, in words' })),
      about_i18n: optional(message('`about` as a message of the catalogue')),
    }),
  ),
});

export type Completions = Type.Static<typeof completionsAnswer>;

const mostDrafted = 50;
export const rehearseBody = Type.Object(
  {
    rules: Type.Array(draftedRule, { minItems: 1, maxItems: mostDrafted, description: 'rules as they would be' }),
    hours: optional(
      Type.Number({ exclusiveMinimum: 0, maximum: 168, description: 'how far back, in hours', default: 24 }),
    ),
  },
  closed,
);
const rehearsedAlarm = answer({
  rule: id('id of the rule'),
  device: id('id of the device or camera'),
  subject: Type.String({ description: 'channel, zone or line; empty: none' }),
  severity: severitySchema,
  message: Type.String({ description: 'the alarm’s sentence, in the site’s language' }),
  message_i18n: optional(message('`message` for readers of another language')),
  raised: time('when it would have been raised'),
  cleared: optional(time('when it would have ended; absent: it would still be active')),
  peak: optional(deviceValue('the worst value since the alarm was raised')),
  only: Type.Boolean({ description: 'the other rules raise no alarm of this device and subject at that time' }),
});
const rehearsed = answer({
  alarms: list(rehearsedAlarm),
  more: Type.Integer({ description: 'further alarms, which are not listed' }),
});
export const rehearsalAnswer = answer({
  drafted: rehearsed,
  standing: rehearsed,
  from: time('begin of the time that was asked for'),
  first: optional(time('receipt of the first event that was examined')),
  last: optional(time('receipt of the last one')),
  events: Type.Integer({ description: 'events that were examined' }),
  limits: list(
    answer({
      message: Type.String({ description: 'what limits the answer, in words' }),
      message_i18n: optional(message('`message` as a message of the catalogue')),
    }),
  ),
});
export type RehearsalView = Type.Static<typeof rehearsalAnswer>;
