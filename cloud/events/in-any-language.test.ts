import { eventTypes } from '@forpost/shared/event/event.ts';
import { words } from '@forpost/shared/texts/english.ts';
import { messageIn } from '@forpost/shared/texts/message.ts';
import { expectRussian } from '@forpost/shared/texts/testing/untranslated.ts';
import { expect, test } from 'vitest';
import { inAnyLanguage } from './in-any-language.ts';

const sentence = words('reason/http.not-now');

test.each([
  ['why events are missing', eventTypes.gap, 'reason'],
  ['what became of a command', eventTypes.commandResult, 'message'],
])('%s is a message too, where a gateway sent English words alone', (_, type, field) => {
  const { data } = inAnyLanguage({ type, data: { [field]: sentence, lane: 'alerts' } as Record<string, unknown> });
  expect(data).toMatchObject({ [field]: sentence, lane: 'alerts' });
  expectRussian(messageIn(data[`${field}_i18n`]), sentence);
});

test('an event is not changed if it has a message already, no sentence, or a sentence that the catalogue lacks', () => {
  for (const event of [
    { type: eventTypes.gap, data: { reason: sentence, reason_i18n: { key: 'gateway/of-a-newer-version' } } },
    { type: eventTypes.gap, data: { reason: 'something new' } },
    { type: eventTypes.gap, data: null },
    { type: eventTypes.reading, data: { reason: sentence } },
  ])
    expect(inAnyLanguage(event)).toBe(event);
});
