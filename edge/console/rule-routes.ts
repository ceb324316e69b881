/**
 * Routes of the set-up of rules: the forms, the check of a draft, the completion of its condition, and what it would have
 * done. None of them changes anything: a rule is saved as a change of the site's document (site-routes.ts).
 *
 * Always: a rehearsal runs in a thread of its own, and ends when its client disconnects.
 */
import { rfc3339 } from '@forpost/shared/event/codec.ts';
import { HttpProblem } from '@forpost/shared/http/problem.ts';
import { problem } from '@forpost/shared/http/schema.ts';
import type { Api } from '@forpost/shared/http/typed-routes.ts';
import { inEnglish, sentenceFields, words } from '@forpost/shared/texts/english.ts';
import { wordsOf } from '@forpost/shared/texts/sentence.ts';
import type { FastifyReply } from 'fastify';
import type { RuleSetup } from '../rules/form/rule-setup.ts';
import type { RehearsalAnswer } from '../rules/rehearsal/messages.ts';
import type { RehearsedAlarm } from '../rules/rehearsal/rehearsal.ts';
import type { Rehearsals } from '../rules/rehearsal/rehearsals.ts';
import type { RuleConfig, Site } from '../site/site.ts';
import { inAnyLanguage } from './any-language.ts';
import {
  checkedAnswer,
  checkRuleBody,
  completeBody,
  completionsAnswer,
  rehearsalAnswer,
  rehearseBody,
  ruleFormsAnswer,
} from './schemas/rules.ts';

export interface RuleRouteParts {
  readonly site: () => Site;
  readonly setup: Pick<RuleSetup, 'forms' | 'check' | 'complete'>;
  readonly rehearsals: Pick<Rehearsals, 'run' | 'isFull'>;
}

const see = { right: 'see' } as const;
const act = { right: 'act' } as const;
const dayHours = 24;

export function registerRuleRoutes(app: Api, parts: RuleRouteParts): void {
  registerForms(app, parts);
  registerRehearsal(app, parts);
}

function registerForms(app: Api, { setup }: RuleRouteParts): void {
  app.get(
    '/api/v1/rules/forms',
    {
      config: see,
      schema: {
        summary: 'A form for each kind of rule, and what the site has to choose from',
        response: { 200: ruleFormsAnswer },
      },
    },
    async () => {
      const { kinds, ...forms } = setup.forms();
      const titled = kinds.map(({ title, titleI18n, ...form }) => ({
        ...form,
        title: titleI18n === undefined ? title : inEnglish(titleI18n),
        ...(titleI18n === undefined ? {} : { titleI18n }),
      }));
      return { ...forms, kinds: titled };
    },
  );
  app.post(
    '/api/v1/rules/check',
    {
      config: act,
      schema: {
        summary: 'What a drafted rule does, in a sentence, and what is wrong with it, each at its field',
        body: checkRuleBody,
        response: { 200: checkedAnswer },
      },
    },
    async ({ body }) => {
      const { problems, summary } = setup.check(body.rule);
      return {
        problems: problems.map(({ message, ...place }) => ({ ...place, ...inAnyLanguage(message) })),
        ...(summary === undefined ? {} : { summary: inEnglish(summary), summary_i18n: summary }),
      };
    },
  );
  app.post(
    '/api/v1/rules/complete',
    {
      config: act,
      schema: {
        summary: 'Completes a condition (CEL) at the cursor',
        body: completeBody,
        response: { 200: completionsAnswer },
      },
    },
    async ({ body }) => {
      const { options, ...place } = setup.complete(body);
      return {
        ...place,
        options: options.map(({ about, ...option }) => ({
          ...option,
          ...(about === undefined ? {} : { about: inEnglish(about), about_i18n: about }),
        })),
      };
    },
  );
}

function registerRehearsal(app: Api, { site, setup, rehearsals }: RuleRouteParts): void {
  app.post(
    '/api/v1/rules/rehearse',
    {
      config: act,
      schema: {
        summary:
          'The alarms that drafted rules would have raised in the last hours, and those of the rules as they stand',
        description:
          'Runs the rules over the events that are stored on the gateway. A drafted rule is compared with the rule of the same id. `limits` says what the answer does not know.',
        body: rehearseBody,
        response: {
          200: rehearsalAnswer,
          422: problem('a drafted rule is wrong; `detail` says why'),
          503: problem('too many rehearsals wait'),
        },
      },
    },
    async (request, reply) => {
      const { hours = dayHours } = request.body;
      const drafted = request.body.rules as unknown as readonly RuleConfig[];
      for (const rule of drafted) {
        const [wrong] = setup.check(rule).problems;
        if (wrong !== undefined)
          throw new HttpProblem(422, words('gateway/answer.rule-wrong', { words: wordsOf(wrong.message) }));
      }
      if (rehearsals.isFull) throw new HttpProblem(503, words('gateway/reason.rehearsals-wait'));
      const ids = drafted.map(({ id }) => id);
      const standing = site().rules.filter(({ id }) => ids.includes(id));
      return rehearsalView(await rehearsals.run({ drafted, standing }, hours, goneSignal(reply)));
    },
  );
}

function rehearsalView({ drafted, standing, from, first, last, events, limits }: RehearsalAnswer) {
  return {
    drafted: { alarms: drafted.alarms.map((one) => alarmView(one, standing.alarms)), more: drafted.more },
    standing: { alarms: standing.alarms.map((one) => alarmView(one, drafted.alarms)), more: standing.more },
    from: rfc3339(from),
    ...(first === undefined ? {} : { first: rfc3339(first) }),
    ...(last === undefined ? {} : { last: rfc3339(last) }),
    events,
    limits: limits.map(sentenceFields),
  };
}

function alarmView(alarm: RehearsedAlarm, others: readonly RehearsedAlarm[]) {
  const { raised, cleared, messageI18n, ...rest } = alarm;
  return {
    ...rest,
    ...(messageI18n === undefined ? {} : { message_i18n: messageI18n }),
    raised: rfc3339(raised),
    ...(cleared === undefined ? {} : { cleared: rfc3339(cleared) }),
    only: !others.some((other) => overlaps(alarm, other)),
  };
}

/** Whether both are of one device and subject, and were active at one time. */
function overlaps(one: RehearsedAlarm, other: RehearsedAlarm): boolean {
  const end = ({ cleared = Number.POSITIVE_INFINITY }: RehearsedAlarm) => cleared;
  return (
    one.rule === other.rule &&
    one.device === other.device &&
    one.subject === other.subject &&
    one.raised <= end(other) &&
    other.raised <= end(one)
  );
}

/** Aborted when the client disconnects before it has its answer. */
function goneSignal({ raw }: FastifyReply): AbortSignal {
  const gone = new AbortController();
  raw.once('close', () => gone.abort());
  return gone.signal;
}
