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

/** A value for each placeholder of the parsed text; a text of the catalogue where one is expected. */
function example(key: string, text: string): Message {
  const values: Record<string, string | number> = {};
  for (const [, name = '', kind] of text.matchAll(/\{([a-zA-Z]+)(?:, (number|plural))?[,}]/g))
    values[name] =
      kind !== undefined
        ? 2345
        : ['reason', 'what', 'where', 'problem'].includes(name)
          ? 'wrong password'
          : `some ${name}`;
  return { key, values };
}

test.each([...recognised])('recognise finds the key %s from its English words', (key, text) => {
  const message = example(key, text);
  const found = recognise(inEnglish(message));
  expect(found?.key).toBe(key);
  expect(inEnglish(found as Message)).toBe(inEnglish(message));
});

test('times, durations and sizes within passed-on words are written in the reader’s language', () => {
  const waits = words('gateway/reason.full-waits', {
    reason: words('gateway/reason.disk-full'),
    wait: { seconds: 600 },
  });
  expect(inRussian(waits)).toContain('диск заполнен: тревоги');
  expect(inRussian(waits)).toContain('через 10 мин без места');
});

test('a long text of a stranger that resembles many texts is compared quickly', () => {
  const text = 'a: b came with {c} (d): '.repeat(41).slice(0, 1000);
  const begun = performance.now();
  for (let i = 0; i < 20; i++) recognise(`${text.slice(0, 990)}${i}`);
  expect((performance.now() - begun) / 20).toBeLessThan(250);
});
