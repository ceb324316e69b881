/**
 * Checks each request by its schema, and answers so that a person can act: a misspelt filter that was silently ignored
 * would return the wrong events and look right.
 */

import type { FastifyInstance, FastifySchemaCompiler } from 'fastify';
import type { TSchema } from 'typebox';
import { Compile } from 'typebox/compile';
import Value from 'typebox/value';
import { explain, nameOf } from '../config/explain.ts';
import { inEnglish, words } from '../texts/english.ts';
import { message } from '../texts/texts.ts';
import { HttpProblem } from './problem.ts';

/** Checks requests of `app` by their schemas. Its answers are sent whole: a field that no schema names must not be dropped. */
export function useSchemas(app: FastifyInstance): void {
  app.setValidatorCompiler(requestValidator);
  app.setSchemaErrorFormatter((errors) => new Error(errors.map((one) => one.message).join('; ')));
  app.setSerializerCompiler(() => (answer) => JSON.stringify(answer));
}

/** Compiles a route's schema. Parameters arrive as text and are converted to the types of the schema. */
const requestValidator: FastifySchemaCompiler<TSchema> = ({ schema, httpPart }) => {
  const check = Compile(schema);
  return (input) => {
    const value = httpPart === 'body' ? input : Value.Convert(schema, input);
    if (check.Check(value)) return { value };
    const times = check.Errors(value).filter(({ keyword }) => keyword === 'format');
    const problems =
      times.length > 0
        ? times.map(({ instancePath }) => ({
            name: instancePath.slice(1),
            message: words('reason/http.no-time', { name: instancePath.slice(1) }),
          }))
        : explain(schema, value).map(({ path, message }) => ({
            name: path.length === 0 ? '' : nameOf(path),
            message: inEnglish(message),
          }));
    return {
      error: problems.map(({ name, message }) => ({
        instancePath: name === '' ? '' : `/${name}`,
        schemaPath: '',
        keyword: '',
        params: {},
        message,
      })),
    };
  };
};

/**
 * A parameter's time in ms since 1970. RFC 3339 allows a leap second, which no clock here has.
 * @throws HttpProblem 400
 */
export function timeOf(name: string, text: string): number {
  const time = Date.parse(text);
  if (Number.isNaN(time)) throw new HttpProblem(400, message('reason/http.no-time', { name }));
  return time;
}
