import { noWords } from '@forpost/shared/texts/english.ts';
import { expect, test } from 'vitest';
import { crashLimit, ended, noBlame, proven, renewed } from './blame.ts';

const during = (...running: string[]) => ({ running, hung: [] });

test('a model is out once the process has ended in its runs `crashLimit` times in a row, and not before', () => {
  let blame = noBlame;
  for (let i = 1; i < crashLimit; i++) {
    blame = ended(blame, during('wild'));
    expect(blame).toEqual({ suspects: { wild: i }, out: [] });
  }
  blame = ended(blame, during('wild'));
  expect(blame).toEqual({
    suspects: {},
    out: [{ model: 'wild', why: 'took the vision process down 3 times in a row' }],
  });
});

test('an end of another cause, or half a minute of answers, resets a model’s count', () => {
  const twice = ended(ended(noBlame, during('wild')), during('wild'));
  expect(ended(twice, during()).suspects).toEqual({});
  expect(proven(twice, 'wild').suspects).toEqual({});
  expect(proven(twice, 'other').suspects).toEqual({ wild: 2 });
});

test('if two models ran at the first end, the one that also runs at the next ends is out, and the other is cleared', () => {
  let blame = ended(noBlame, during('good', 'wild'));
  expect(blame.suspects).toEqual({ good: 1, wild: 1 });
  blame = ended(ended(blame, during('wild')), during('wild'));
  expect(blame).toMatchObject({ suspects: {}, out: [{ model: 'wild' }] });
});

test('each thread that hangs in a model counts, and the reason says that the model hung', () => {
  const hung = { running: [], hung: ['slow', 'slow'] };
  const once = ended(noBlame, hung);
  expect(once).toEqual({ suspects: { slow: 2 }, out: [] });
  expect(ended(once, hung).out).toEqual([{ model: 'slow', why: 'made the vision process hang again and again' }]);
});

test('a model with a new file runs again; other models that are out stay out', () => {
  const out = [
    { model: 'a', why: noWords },
    { model: 'b', why: noWords },
  ];
  expect(renewed({ suspects: {}, out }, 'a')).toEqual({ suspects: {}, out: [{ model: 'b', why: noWords }] });
});
