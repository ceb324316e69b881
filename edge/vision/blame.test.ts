import { expect, test } from 'vitest';
import { crashLimit, ended, noBlame, proven, renewed } from './blame.ts';

const during = (...running: string[]) => ({ running, hung: [] });

test('a model is out when the process has ended in its runs as often in a row as the limit says, and not before', () => {
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

test('an end with another cause, or half a minute of answers, ends the row', () => {
  const twice = ended(ended(noBlame, during('wild')), during('wild'));
  expect(ended(twice, during()).suspects).toEqual({});
  expect(proven(twice, 'wild').suspects).toEqual({});
  expect(proven(twice, 'other').suspects).toEqual({ wild: 2 });
});

test('of two models that ran at an end, the one that runs at the next ends too is out, and the other is free', () => {
  let blame = ended(noBlame, during('good', 'wild'));
  expect(blame.suspects).toEqual({ good: 1, wild: 1 });
  blame = ended(ended(blame, during('wild')), during('wild'));
  expect(blame).toMatchObject({ suspects: {}, out: [{ model: 'wild' }] });
});

test('each thread that hangs counts, and the sentence says so', () => {
  const hung = { running: [], hung: ['slow', 'slow'] };
  const once = ended(noBlame, hung);
  expect(once).toEqual({ suspects: { slow: 2 }, out: [] });
  expect(ended(once, hung).out).toEqual([
    { model: 'slow', why: 'hung again and again, and the vision process with it' },
  ]);
});

test('a model with another file begins anew; the other models that are out stay out', () => {
  const out = [
    { model: 'a', why: '' },
    { model: 'b', why: '' },
  ];
  expect(renewed({ suspects: {}, out }, 'a')).toEqual({ suspects: {}, out: [{ model: 'b', why: '' }] });
});
