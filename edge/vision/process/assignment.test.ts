import fc from 'fast-check';
import { expect, test } from 'vitest';
import { assign } from './assignment.ts';

const least = 0.3;

/** the largest possible sum, by trying every assignment */
function best(matrix: readonly (readonly number[])[], row = 0, taken = new Set<number>()): number {
  const values = matrix[row];
  if (values === undefined) return 0;
  let most = best(matrix, row + 1, taken);
  for (const [column, value] of values.entries())
    if (value >= least && !taken.has(column))
      most = Math.max(most, value + best(matrix, row + 1, new Set([...taken, column])));
  return most;
}

const matrices = fc.tuple(fc.integer({ min: 0, max: 5 }), fc.integer({ min: 0, max: 5 })).chain(([rows, columns]) =>
  fc.array(fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: columns, maxLength: columns }), {
    minLength: rows,
    maxLength: rows,
  }),
);

test('no assignment has a larger sum, no row or column occurs twice, and no pair is below the least affinity', () => {
  fc.assert(
    fc.property(matrices, (matrix) => {
      const value = (row: number, column: number) => matrix[row]?.[column] ?? Number.NaN;
      const pairs = assign(matrix.length, matrix[0]?.length ?? 0, value, least);
      expect(new Set(pairs.map(({ row }) => row)).size).toBe(pairs.length);
      expect(new Set(pairs.map(({ column }) => column)).size).toBe(pairs.length);
      for (const { row, column } of pairs) expect(value(row, column)).toBeGreaterThanOrEqual(least);
      const sum = pairs.reduce((total, { row, column }) => total + value(row, column), 0);
      expect(sum).toBeCloseTo(best(matrix), 9);
    }),
    { numRuns: 500 },
  );
});

test('the best pair is given up if another row would find no partner', () => {
  const matrix = [
    [0.9, 0.8],
    [0.8, 0.1],
  ];
  const pairs = assign(2, 2, (row, column) => matrix[row]?.[column] ?? 0, least);
  expect(pairs.toSorted((a, b) => a.row - b.row)).toEqual([
    { row: 0, column: 1 },
    { row: 1, column: 0 },
  ]);
});

test('as many boxes as a tracker may hold are assigned', () => {
  const pairs = assign(64, 100, (row, column) => (column === (row * 37) % 100 ? 1 : 0.5), least);
  expect(pairs).toHaveLength(64);
  expect(pairs.every(({ row, column }) => column === (row * 37) % 100)).toBe(true);
});
