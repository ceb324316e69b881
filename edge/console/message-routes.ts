/** The route of a device's newest messages: as they came, and what was made of them. Asking watches the device for a minute. */
import { rfc3339 } from '@forpost/shared/event/codec.ts';
import { answer, closed, id, list, message, optional, time, value } from '@forpost/shared/http/schema.ts';
import type { Api } from '@forpost/shared/http/typed-routes.ts';
import { inEnglish } from '@forpost/shared/texts/english.ts';
import Type from 'typebox';
import type { RecentMessage, RecentMessages } from '../devices/recent-messages.ts';

const params = Type.Object({ id: id('id of the device') }, closed);
const messagesAnswer = answer({
  messages: list(
    answer({
      at: time('when the gateway took it'),
      topic: Type.String({ description: 'its topic' }),
      size: Type.Number({ description: 'bytes of its payload' }),
      payload: Type.String({ description: 'the beginning of its payload' }),
      encoding: Type.Enum(['text', 'hex'], { description: 'of `payload`: text, or hex where it is no text' }),
      values: Type.Record(Type.String(), value, { description: 'values that were read, by metric or channel/metric' }),
      events: list(Type.String({ description: 'type of an event that was read' })),
      refused: optional(Type.String({ description: 'why it, or a reading of it, could not be taken' })),
      refusedI18n: optional(message('`refused` as a message of the catalogue')),
      problems: list(
        answer({
          path: Type.String({ description: 'of a field that was not read; empty: of the message' }),
          problem: Type.String({ description: 'why not' }),
          problemI18n: message('`problem` as a message of the catalogue'),
        }),
      ),
    }),
  ),
});
export type DeviceMessageView = Type.Static<typeof messagesAnswer>['messages'][number];

export function registerMessageRoute(app: Api, messages: Pick<RecentMessages, 'watch'>): void {
  app.get(
    '/api/v1/devices/:id/messages',
    {
      config: { right: 'see' },
      schema: {
        summary: 'Messages of a device since it is asked for, newest first, with what was made of each',
        params,
        response: { 200: messagesAnswer },
      },
    },
    async (request) => ({ messages: messages.watch(request.params.id).map(viewOf) }),
  );
}

function viewOf({
  received,
  topic,
  size,
  payload,
  values,
  events,
  refused,
  problems,
}: RecentMessage): DeviceMessageView {
  const bytes = Buffer.from(payload);
  const text = bytes.toString('utf8');
  // the limit may have cut the last character in two
  const isText = !text.slice(0, -3).includes('\uFFFD');
  return {
    at: rfc3339(received),
    topic,
    size,
    payload: isText ? text : bytes.toString('hex'),
    encoding: isText ? 'text' : 'hex',
    values,
    events,
    ...(refused === undefined ? {} : { refused: inEnglish(refused), refusedI18n: refused }),
    problems: problems.map(({ path, problem }) => ({ path, problem: inEnglish(problem), problemI18n: problem })),
  };
}
