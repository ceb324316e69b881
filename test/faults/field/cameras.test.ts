/** The quick cases of cameras with quirks of the field; `npm run faults -- --field` runs all of them. */
import { describe, expect, test } from 'vitest';
import { badCases } from './camera-cases/bad-cases.ts';
import { goodCases } from './camera-cases/good-cases.ts';
import { runBad, runGood } from './camera-cases/run.ts';

describe.concurrent('a camera is live within 3 s of its first usable frame, and its alarm has a clip of the right length', () => {
  for (const one of goodCases.filter(({ quick }) => quick))
    test(`with ${one.name}`, async () => {
      expect(await runGood(one)).toBe('');
    });
});

describe.concurrent('an unusable camera shows its reason', () => {
  for (const one of badCases.filter(({ quick }) => quick))
    test(`with ${one.name}`, async () => {
      expect(await runBad(one)).toBe('');
    });
});
