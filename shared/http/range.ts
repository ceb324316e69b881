/**
 * Parts of files over HTTP (RFC 9110, 14): one requested range of bytes, as players ask for, and the part that a request's
 * body holds. Any other Range header is answered with the whole file.
 */
import type { Readable } from 'node:stream';
import type { FastifyReply } from 'fastify';
import { message } from '../texts/texts.ts';
import { HttpProblem } from './problem.ts';

/** First and last byte that a Range header asks for. */
export function rangeOf(
  header: string | undefined,
  size: number,
): readonly [number, number] | 'none' | 'unsatisfiable' {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header ?? '');
  const [, first = '', last = ''] = match ?? [];
  if (first === '' && last === '') return 'none';
  const start = first === '' ? Math.max(0, size - Number(last)) : Number(first);
  const end = first === '' || last === '' ? size - 1 : Math.min(size - 1, Number(last));
  return start > end || start >= size ? 'unsatisfiable' : [start, end];
}

/** Parses `bytes FIRST-LAST/TOTAL`; undefined for any other text. */
export function contentRange(
  header: string | undefined,
): { readonly start: number; readonly end: number; readonly total: number } | undefined {
  const match = /^bytes (\d{1,15})-(\d{1,15})\/(\d{1,15})$/.exec(header ?? '');
  if (match === null) return undefined;
  const [start = 0, end = 0, total = 0] = match.slice(1).map(Number);
  return start <= end && end < total ? { start, end, total } : undefined;
}

/** Answers with a file or the requested part; browsers must not keep it. @throws HttpProblem 416 */
export function sendFile(
  reply: FastifyReply,
  range: string | undefined,
  { media, size }: { readonly media: string; readonly size: number },
  open: (part: { start?: number; end?: number }) => Readable,
): FastifyReply {
  const asked = rangeOf(range, size);
  if (asked === 'unsatisfiable')
    throw new HttpProblem(416, message('reason/http.no-such-part'), { 'content-range': `bytes */${size}` });
  reply.type(media).header('cache-control', 'private, no-store').header('accept-ranges', 'bytes');
  if (asked === 'none') return reply.header('content-length', size).send(open({}));
  const [start, end] = asked;
  return reply
    .code(206)
    .header('content-range', `bytes ${start}-${end}/${size}`)
    .header('content-length', end - start + 1)
    .send(open({ start, end }));
}
