/** For tests: watches all refusals of an API. A refusal that a Russian page would show in English fails its test. */
import type { Message } from '@forpost/shared/texts/message.ts';
import { untranslated } from '@forpost/shared/texts/testing/untranslated.ts';
import type { FastifyInstance } from 'fastify';
import { expect, onTestFinished } from 'vitest';

interface SentProblem {
  readonly title: string;
  readonly detail?: string;
  readonly detailI18n?: Message;
}

/** Fails the test at its end if a sentence of a refusal has no Russian text. `ofTest`: sentences that the test invents. */
export function refusalsInRussian(app: FastifyInstance, ofTest?: RegExp): void {
  const english = new Set<string>();
  app.addHook('onSend', async (_request, reply, payload) => {
    if (reply.statusCode < 400 || typeof payload !== 'string' || !/problem/.test(`${reply.getHeader('content-type')}`))
      return;
    const { title, detail = title, detailI18n } = JSON.parse(payload) as SentProblem;
    for (const sentence of untranslated(detailI18n, detail)) if (ofTest?.test(sentence) !== true) english.add(sentence);
  });
  onTestFinished(() => expect([...english]).toEqual([]));
}
