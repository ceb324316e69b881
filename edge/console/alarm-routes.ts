/** Routes of alarms: those that are active or wait for a person, those that are over, and the acknowledgement. */
import { rfc3339 } from '@forpost/shared/event/codec.ts';
import type { Login } from '@forpost/shared/http/login.ts';
import { HttpProblem } from '@forpost/shared/http/problem.ts';
import { problem } from '@forpost/shared/http/schema.ts';
import type { Api } from '@forpost/shared/http/typed-routes.ts';
import type { Message } from '@forpost/shared/texts/message.ts';
import { recognise } from '@forpost/shared/texts/recognise.ts';
import { message } from '@forpost/shared/texts/texts.ts';
import type Type from 'typebox';
import { logInFirst } from './refusals.ts';
import {
  acknowledgeAnswer,
  acknowledgeBody,
  alarmsAnswer,
  type EarlierAlarmsView,
  earlierAnswer,
  earlierQuery,
} from './schemas/alarms.ts';
import type { ConsoleSource } from './source.ts';

export function registerAlarmRoutes(
  api: Api,
  { source, login }: { readonly source: ConsoleSource; readonly login: Login },
): void {
  const see = { right: 'see' } as const;
  api.get(
    '/api/v1/alarms',
    {
      config: see,
      schema: {
        summary: 'Alarms that are active, or over and not acknowledged; most urgent first',
        response: { 200: alarmsAnswer },
      },
    },
    async () => ({ alarms: source.alarms() }),
  );

  api.get(
    '/api/v1/alarms/earlier',
    {
      config: see,
      schema: {
        summary: 'Alarms that are over, newest first',
        querystring: earlierQuery,
        response: { 200: earlierAnswer, 410: problem('the alarm of `before` is no longer in the list: begin anew') },
      },
    },
    async ({ query }) => earlierView(source, query),
  );

  api.post(
    '/api/v1/alarms/acknowledge',
    {
      config: { right: 'act' },
      schema: {
        summary: 'Acknowledges an alarm',
        body: acknowledgeBody,
        response: { 200: acknowledgeAnswer, 409: problem('the alarm does not wait for an acknowledgement') },
      },
    },
    async (request) => {
      const by = login.sessionOf(request)?.user;
      if (by === undefined) throw new HttpProblem(401, logInFirst);
      if (!source.acknowledge(request.body.alarm, by))
        throw new HttpProblem(409, message('gateway/reason.acknowledged-already'));
      request.log.info({ alarm: request.body.alarm, by }, 'an alarm was acknowledged');
      return { acknowledged: true } as const;
    },
  );
}

function whyInAnyLanguage(why: string): { readonly whyI18n?: Message } {
  const whyI18n = recognise(why);
  return whyI18n === undefined ? {} : { whyI18n };
}

function earlierView(
  source: ConsoleSource,
  { limit = 20, until, pictured = false, ...query }: Type.Static<typeof earlierQuery>,
): EarlierAlarmsView {
  const by = until === undefined ? undefined : Date.parse(until);
  if (Number.isNaN(by)) throw new HttpProblem(400, message('gateway/answer.until-no-time'));
  const page = source.earlierAlarms({ ...query, limit, until: by, pictured });
  if (page === undefined) throw new HttpProblem(410, message('gateway/reason.list-too-old'));
  return {
    alarms: page.alarms.map(({ raised, ended, ...alarm }) => ({
      ...alarm,
      ...whyInAnyLanguage(alarm.why),
      since: rfc3339(raised),
      ended: ended === undefined ? null : rfc3339(ended),
    })),
    next: page.next ?? null,
  };
}
