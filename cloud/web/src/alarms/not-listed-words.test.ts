import { expect, test } from 'vitest';
import { english } from '../../testing/page-texts.ts';
import { notListedWords } from './not-listed-words.ts';

const names: Readonly<Record<string, string>> = { barn: 'Barn' };
const of = (gateway: string, open: number) => ({ gateway, site: 'farm', open });

test('a sentence counts the alarms that the list leaves out, and names the first three gateways', () => {
  const words = (...some: ReturnType<typeof of>[]) =>
    notListedWords(english, some, (gateway) => names[gateway] ?? gateway);
  expect(words()).toBe('');
  expect(words(of('barn', 499_000))).toMatch(/^Not listed here: 499,000 open alarms of Barn \(farm\)\. Each gateway/);
  expect(words(of('barn', 5), of('b', 1))).toContain('5 open alarms of Barn (farm) and 1 open alarm of b (farm).');
  expect(words(of('a', 9), of('b', 8), of('c', 7), of('d', 6), of('e', 5))).toContain(
    '9 open alarms of a (farm), 8 open alarms of b (farm), 7 open alarms of c (farm) and 11 open alarms of 2 other gateways.',
  );
});
