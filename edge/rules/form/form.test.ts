import { catalogue } from '@forpost/shared/texts/catalogue/all.ts';
import { languages } from '@forpost/shared/texts/language.ts';
import { message, texts } from '@forpost/shared/texts/texts.ts';
import Type from 'typebox';
import { expect, test } from 'vitest';
import { ruleExamples } from '../../../test/contract/rule-kinds.ts';
import type { RuleConfig } from '../../site/site.ts';
import { siteNames } from '../../site/site-devices.ts';
import { type AnyRuleKind, ruleKinds } from '../kinds/registry.ts';
import { summaryOf } from '../summary.ts';
import { siteWith } from '../testing/rules.ts';
import { completionsOf, type KnownWords } from './completion.ts';
import { ruleForms } from './form.ts';
import { RuleSetup } from './rule-setup.ts';

const site = siteWith();
const heat = { device: 'heat-pump', metric: 'power_w', above: 24_000 };
const setup = new RuleSetup({
  site: () => site,
  recordOf: (device) =>
    device === 'heat-pump'
      ? {
          messages: 1,
          notUnderstood: 0,
          values: new Map([
            ['power_w', { value: 7_200 }],
            ['l1/voltage_v', { value: 230 }],
          ]),
          more: false,
          onlyUnjudged: false,
        }
      : undefined,
});

test('a kind that the page does not know gets a form from its schema, and a sentence, without a change elsewhere', () => {
  const schema = Type.Object({
    device: Type.String({ description: 'the device', 'x-field': 'device' }),
    factor: Type.Number({ title: 'Factor of the jump', description: 'how much it jumps', minimum: 1, default: 2 }),
    mood: Type.Optional(Type.Union([Type.Literal('calm'), Type.Literal('wild')], { description: 'its mood' })),
  });
  const toy = { kind: 'jump', category: 'measurement', schema, observesLate: false } as unknown as AnyRuleKind;
  expect(ruleForms([toy]).kinds).toMatchObject([
    {
      kind: 'jump',
      title: 'jump',
      fields: [
        { name: 'device', type: 'device', required: true, labelI18n: message('rule/field.device') },
        { name: 'factor', type: 'number', required: true, label: 'Factor of the jump', minimum: 1, default: 2 },
        {
          name: 'mood',
          type: 'choice',
          required: false,
          hint: 'its mood',
          choices: [{ value: 'calm' }, { value: 'wild' }],
        },
      ],
    },
  ]);
});

test('every field of every kind has words in each language', () => {
  const { kinds, common } = ruleForms();
  const fields = [...common, ...kinds.flatMap((form) => form.fields)];
  expect(fields.filter(({ labelI18n }) => labelI18n === undefined).map(({ name }) => name)).toEqual([]);
  expect(kinds.filter(({ titleI18n }) => titleI18n === undefined)).toEqual([]);
});

test('of two fields that exclude each other, one names the other', () => {
  const threshold = ruleForms().kinds.find(({ kind }) => kind === 'threshold');
  expect(threshold?.fields.filter(({ instead }) => instead !== undefined)).toMatchObject([
    { name: 'devices', instead: 'device' },
    { name: 'below', instead: 'above', ofMetric: true },
  ]);
});

test.each(languages)('each kind says in %s what its rule does', (language) => {
  const { say } = texts(language, catalogue[language]);
  for (const { kind } of ruleKinds) {
    const config = { id: 'r', kind, ...ruleExamples[kind]?.config } as unknown as RuleConfig;
    const sentence = say(summaryOf(config, siteNames(site)), '');
    expect(sentence).not.toMatch(/undefined|NaN|\[object|\{[a-z]+\}/);
    expect(sentence).toMatch(/Heat pump|Yard camera/);
  }
});

test('the sentence of a rule says when, where, for how long, and which alarm', () => {
  const { say } = texts('en', catalogue.en);
  const sentence = (more: object) =>
    say(summaryOf({ id: 'r', kind: 'threshold', ...heat, ...more } as unknown as RuleConfig, siteNames(site)), '');
  expect(sentence({ hold_s: 30, name: 'Overload', severity: 'critical' })).toBe(
    'When power of Heat pump is above 24 kW for 30 s, raise the alarm “Overload” (critical).',
  );
  expect(sentence({ device: '*', when: 'hour >= 22', test: true })).toBe(
    'When power of any device is above 24 kW, and the condition hour >= 22 holds, raise the alarm “r” (warning). The rule is on trial: nobody is notified.',
  );
});

test('a problem of a draft stands at its field; one of a condition names line and column', () => {
  const at = (rule: object) => setup.check({ id: 'r', kind: 'threshold', ...rule }).problems;
  expect(at(heat)).toEqual([]);
  expect(at({ device: 'heat-pump', above: 1 })).toMatchObject([{ path: ['metric'] }]);
  expect(at({ ...heat, device: 'heat-pomp' })).toMatchObject([{ path: ['device'] }]);
  expect(at({ ...heat, when: 'hour > 1 &&\n  ower > 2' })).toMatchObject([
    { path: ['when'], offset: 14, line: 2, column: 3, message: { key: 'mistake/rule.when' } },
  ]);
});

const known: KnownWords = {
  metrics: new Map([
    ['power_w', { value: 7_200 }],
    ['power_w_l1', {}],
  ]),
  channels: ['l1'],
  devices: ['heat-pump'],
  classes: ['person'],
  zones: ['drive'],
  lines: ['fence'],
};
/** `|` is the cursor. */
function completed(text: string, subject: 'reading' | 'scene' = 'reading'): readonly string[] {
  const offset = text.indexOf('|');
  const whole = text.replace('|', '');
  const { from, to, options } = completionsOf(whole, offset, subject, known);
  return options.map(({ insert }) => whole.slice(0, from) + insert + whole.slice(to));
}

test('a condition is completed by its variables, functions, metrics and ids of the site', () => {
  expect(completed('hour > 5 && val|')).toEqual(['hour > 5 && value', 'hour > 5 && values']);
  expect(completed('values.pow| > 3')).toEqual(['values.power_w > 3', 'values.power_w_l1 > 3']);
  expect(completed('values["power_w_|')).toEqual(['values["power_w_l1"]']);
  expect(completed("device == 'h|")).toEqual(["device == 'heat-pump'"]);
  expect(completed('class in ["person", "|', 'scene')).toEqual(['class in ["person", "person"']);
  expect(completed('device.st|')).toEqual(['device.startsWith("']);
  expect(completed('zone == "|')).toEqual([]);
  expect(completed('|', 'scene')).toEqual(expect.arrayContaining(['hour', 'class', 'zone', 'has(']));
});

test('a condition is completed by what the gateway has seen of the rule’s device', () => {
  const draft = { kind: 'threshold', condition: 'values.', offset: 7 };
  expect(setup.complete({ ...draft, device: 'heat-pump' }).options.map(({ insert }) => insert)).toEqual([
    'power_w',
    'voltage_v',
  ]);
  expect(setup.complete({ ...draft, device: 'oven' }).options).toEqual([]);
  expect(setup.complete({ ...draft, kind: 'tamper' }).options).toEqual([]);
});
