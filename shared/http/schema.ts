/**
 * The building blocks of the schemas of both APIs. A schema is at once the TypeScript type, the check of a request, and
 * the OpenAPI document. Times are RFC 3339 in UTC unless a name says otherwise.
 */

import Type, { type TProperties, type TSchema } from 'typebox';
import { idPatternText } from '../event/ids.ts';
import type { Message } from '../texts/message.ts';

/** For a request: a field that the schema does not name is refused. */
export const closed = { additionalProperties: false } as const;
export const id = (description: string) => Type.String({ pattern: idPatternText, description });
export const time = (description: string) => Type.String({ format: 'date-time', description });
export const optional = Type.Optional;
/** A read-only list: the answer of a store is sent without a copy. */
export const list = <Item extends TSchema>(item: Item) => Type.Immutable(Type.Array(item));
/** For an answer: an object that may get more fields later. */
export const answer = <Properties extends TProperties>(properties: Properties) => Type.Object(properties);

export const lane = Type.Union([Type.Literal('alerts'), Type.Literal('telemetry')], {
  description: 'alerts or telemetry',
});
/** A value of a device. */
export const value = Type.Union([Type.Number(), Type.String(), Type.Boolean()]);
export const deviceValue = (description: string) =>
  Type.Union([Type.Number(), Type.String(), Type.Boolean()], { description });

/** A text for readers of other languages: a key of the catalogue in shared/texts, and its values. */
export const message = (description: string) =>
  Type.Unsafe<Message>(
    Type.Object(
      {
        key: Type.String({ description: 'key of the text in the catalogue' }),
        values: optional(Type.Object({}, { description: 'values of its placeholders, by their names' })),
      },
      { description },
    ),
  );

/** Of a route about one gateway. */
export const idParams = Type.Object({ id: id('id of the gateway') }, closed);

/** Marks of `problem`, `media` and `nothing`, by which openapi.ts recognises them. */
export const problemMark = 'x-problem';
export const mediaMark = 'x-media';
export const nothingMark = 'x-nothing';

/** For an answer: a refusal as a problem document (RFC 9457). `when`: what has happened; `more`: fields of its own. */
export const problem = (when: string, more: TProperties = {}) =>
  Type.Unsafe<never>(Type.Object(more, { description: when, [problemMark]: true }));

/** For an answer that is no JSON. `types`: its media types. */
export const media = (description: string, ...types: readonly string[]) =>
  Type.Unsafe<Uint8Array | string>(Type.String({ description, [mediaMark]: types }));

/** For an answer without a body. */
export const nothing = (description: string) => Type.Unsafe<undefined>(Type.Null({ description, [nothingMark]: true }));

/** The answer of /healthz and /readyz. */
export const healthAnswer = answer({
  status: Type.Union([Type.Literal('ok'), Type.Literal('failing')], { description: 'ok or failing' }),
  reasons: list(Type.String({ description: 'what fails, in words; empty where nothing does' })),
});
