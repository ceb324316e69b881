/** The form of a problem document, for the OpenAPI documents of both sides; problem.ts answers with it. */
import Type from 'typebox';
import { errorCodes } from '../errors.ts';
import { answer, list, message, optional } from './schema.ts';

export const problemSchema = answer({
  type: Type.String({ description: 'about:blank: the title is the meaning of the status (RFC 9457, 4.2.1)' }),
  title: Type.String({ description: 'meaning of the status' }),
  status: Type.Integer({ description: 'status of the answer' }),
  detail: optional(Type.String({ description: 'what has happened, to which thing, and what the caller can do' })),
  detailI18n: optional(message('`detail` as a message of the catalogue')),
  code: optional(Type.Enum(Object.keys(errorCodes), { description: 'code of the error, where it has one' })),
  errors: optional(
    list(
      answer({
        field: Type.String({ description: 'field of the request: `body/limit`' }),
        message: Type.String({ description: 'what is wrong with it' }),
      }),
    ),
  ),
});
