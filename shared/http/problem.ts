/**
 * Errors over HTTP, on both sides: RFC 9457 problem documents (`application/problem+json`), one shape for a wrong
 * parameter, a missing log-in and an internal failure.
 *
 * Always: the caller's mistake is answered with its place; an internal failure is logged once and answered as "try again"
 * or "see the log", never with its own text.
 */

import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { type ErrorCode, ForpostError } from '../errors.ts';
import { inEnglish } from '../texts/english.ts';
import type { Message } from '../texts/message.ts';
import { recognise } from '../texts/recognise.ts';
import { message } from '../texts/texts.ts';

export interface Problem {
  /** "about:blank" = the title is the status' own meaning (RFC 9457, 4.2.1) */
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail?: string;
  /** a stable FORPOST_… code, if the error has one */
  readonly code?: string;
  /** the wrong fields of the request, with the fault of each */
  readonly errors?: readonly { readonly field: string; readonly message: string }[];
  /** `detail` for a reader of another language */
  readonly detailI18n?: Message;
  /** more about this kind of problem (RFC 9457, 3.2) */
  readonly [member: string]: unknown;
}

const titles: Readonly<Record<number, string>> = {
  400: 'The request is not understood',
  401: 'Log in first',
  403: 'Not allowed',
  404: 'Not found',
  405: 'Not possible here',
  409: 'Changed meanwhile',
  412: 'Changed meanwhile',
  413: 'Too large',
  415: 'Not this kind of content',
  422: 'Refused',
  428: 'The revision is missing',
  429: 'Too many tries',
  500: 'Something failed inside',
  503: 'Not now',
};

/** Answers to internal failures that pass by themselves: the error's own text may name addresses and files. */
const passing: Partial<Record<ErrorCode, Message>> = {
  FORPOST_HISTORY_FAILED: message('reason/http.history-away'),
  FORPOST_FILE_FAILED: message('reason/http.file-failed'),
  FORPOST_CHANGED_MEANWHILE: message('reason/http.changed-meanwhile'),
};
const passingElse = message('reason/http.not-now');
const inLog = message('reason/http.in-log');

/** Thrown by a handler to answer with a problem document. */
export class HttpProblem extends Error {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  /** the sentence for a reader of another language; undefined where it was given as words */
  readonly text: Message | undefined;
  /** further members of the document */
  readonly members: Readonly<Record<string, unknown>>;

  /** `detail`: a sentence for the caller, as a message of the catalogue or as words that `recognise` finds */
  constructor(
    statusCode: number,
    detail: Message | string,
    headers: Readonly<Record<string, string>> = {},
    members: Readonly<Record<string, unknown>> = {},
  ) {
    super(typeof detail === 'string' ? detail : inEnglish(detail));
    this.members = members;
    this.name = 'HttpProblem';
    this.statusCode = statusCode;
    this.text = typeof detail === 'string' ? recognise(detail) : detail;
    this.headers = headers;
  }
}

/** A problem that names how long to wait (RFC 9110, Retry-After in whole seconds). */
export function tryAgainIn(statusCode: 429 | 503, waitMs: number, detail: Message | string): HttpProblem {
  return new HttpProblem(statusCode, detail, { 'retry-after': String(Math.max(1, Math.ceil(waitMs / 1000))) });
}

export function titleOf(status: number): string {
  return titles[status] ?? (status < 500 ? 'The request cannot be served' : 'Something failed inside');
}

/** Sets the error handler and the not-found handler of `app`. */
export function registerProblems(app: FastifyInstance): void {
  app.setErrorHandler((error: FastifyError, request, reply) => {
    const problem = problemOf(error);
    if (problem.status >= 500 && !(error instanceof HttpProblem)) {
      request.log.error({ err: error, method: request.method, route: request.routeOptions.url }, 'a request failed');
    }
    if (error instanceof HttpProblem) reply.headers(error.headers);
    return sendProblem(reply, problem);
  });
  app.setNotFoundHandler((request: FastifyRequest, reply) =>
    sendProblem(reply, {
      type: 'about:blank',
      title: titleOf(404),
      status: 404,
      ...detailOf(message('reason/http.not-there', { method: request.method, path: pathOf(request) })),
    }),
  );
}

export function sendProblem(reply: FastifyReply, problem: Problem): FastifyReply {
  return reply
    .code(problem.status)
    .header('cache-control', 'no-store')
    .type('application/problem+json')
    .serializer((body: unknown) => JSON.stringify(body))
    .send(inAnyLanguage(problem));
}

/** Adds the sentence as a message, when the catalogue of texts has it. */
function inAnyLanguage(problem: Problem): Problem {
  const detailI18n = problem.detailI18n ?? recognise(problem.detail ?? '');
  return detailI18n === undefined ? problem : { ...problem, detailI18n };
}

function detailOf(text: Message): Pick<Problem, 'detail' | 'detailI18n'> {
  return { detail: inEnglish(text), detailI18n: text };
}

function pathOf({ url }: FastifyRequest): string {
  return url.split('?', 1)[0] ?? '';
}

function problemOf(error: FastifyError): Problem {
  if (error.validation !== undefined) {
    const where = error.validationContext ?? 'request';
    return {
      type: 'about:blank',
      title: titleOf(400),
      status: 400,
      detail: error.message,
      detailI18n: message('reason/http.wrong-fields', {
        fields: { list: error.validation.map(({ instancePath }) => instancePath.slice(1) || where) },
      }),
      errors: error.validation.map((one) => ({
        field: `${where}${one.instancePath}`,
        message: one.message ?? 'is wrong',
      })),
    };
  }
  if (error instanceof ForpostError) {
    const status = error.retryable ? 503 : 500;
    const text = error.retryable ? (passing[error.code] ?? passingElse) : inLog;
    return { type: 'about:blank', title: titleOf(status), status, ...detailOf(text), code: error.code };
  }
  const status = error.statusCode !== undefined && error.statusCode >= 400 ? error.statusCode : 500;
  const problem = { type: 'about:blank', title: titleOf(status), status };
  if (error instanceof HttpProblem)
    return {
      ...error.members,
      ...problem,
      detail: error.message,
      ...(error.text === undefined ? {} : { detailI18n: error.text }),
    };
  return { ...problem, ...(status < 500 ? { detail: error.message } : detailOf(inLog)) };
}
