import { expect, test } from 'vitest';
import { catalogue } from './catalogue/all.ts';
import { inEnglish, words } from './english.ts';
import type { Message } from './message.ts';
import { recognise, recognised } from './recognise.ts';
import { texts } from './texts.ts';

const russian = texts('ru', catalogue.ru);
const inRussian = (text: string) => russian.say(recognise(text), text);

test('words that a gateway passes on appear in the reader’s language', () => {
  expect(inRussian('wrong password')).toBe('неверный пароль');
  expect(inRussian(words('gateway/reason.no-answer', { where: '10.0.0.7:554' }))).toBe('10.0.0.7:554 не отвечает');
  expect(inRussian(words('gateway/reason.no-frames', { seconds: 3 }))).toBe('нет кадров уже 3 с');
});

test('a reason within a sentence appears in that language too', () => {
  const sentence = words('gateway/reason.vision-restarts', { reason: 'wrong password' });
  expect(inRussian(sentence)).toBe('процесс анализа видео перезапускается: неверный пароль');
});

test('unknown words appear unchanged', () => {
  for (const text of ['', 'something new', 'x'.repeat(5000)])
    expect([recognise(text), inRussian(text)]).toEqual([undefined, text]);
});

/** A value for each placeholder of the parsed text. */
function example(key: string, text: string): Message {
  const values: Record<string, string | number> = {};
  for (const [, name = '', kind] of text.matchAll(/\{([a-z]+)(?:, (number|plural))?[,}]/g))
    values[name] = kind === undefined ? `some ${name}` : 2345;
  return { key, values };
}

test.each([...recognised])('the words of %s lead back to it', (key, text) => {
  const message = example(key, text);
  const found = recognise(inEnglish(message));
  expect(found?.key).toBe(key);
  expect(inEnglish(found as Message)).toBe(inEnglish(message));
});
