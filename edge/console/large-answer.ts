/**
 * Answers that grow with the site. Their JSON is made in slices (shared/slices.ts), so that no alarm waits for it: 5,000
 * entries of an answer's schema would be written in one piece, which takes 10 ms.
 *
 * Always: the fields are those of the route's schema; the caller adds no others, because the schema does not filter here.
 */
import { inSlices } from '@forpost/shared/slices.ts';
import type { FastifyReply } from 'fastify';

/** A reply of any route: only what an answer needs. */
type Reply = Pick<FastifyReply, 'type' | 'send'>;

/** Answers `{...head, [key]: items}`. */
export async function sendList<R extends Reply>(
  reply: R,
  head: Readonly<Record<string, unknown>>,
  key: string,
  items: Iterable<unknown>,
): Promise<R> {
  const list = await inSlices(jsonOf(items));
  return sendJson(reply, head, key, list);
}

/** Answers `{...head, [key]: json}`. */
export function sendJson<R extends Reply>(
  reply: R,
  head: Readonly<Record<string, unknown>>,
  key: string,
  json: string,
): R {
  const fields = Object.entries(head).map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)},`);
  const body = Buffer.from(`{${fields.join('')}${JSON.stringify(key)}:${json}}`);
  // a text would be written once more, as a JSON string
  reply.type('application/json; charset=utf-8').send(body);
  return reply;
}

function* jsonOf(items: Iterable<unknown>): Generator<void, string, void> {
  const texts: string[] = [];
  for (const item of items) {
    texts.push(JSON.stringify(item));
    yield;
  }
  return `[${texts.join(',')}]`;
}
