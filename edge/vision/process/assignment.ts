/**
 * Assigns rows to columns so that the sum of their affinities is the largest: the Hungarian algorithm by shortest
 * augmenting paths (Jonker and Volgenant, 1987; O(rows² · columns)). Greedy matching would be simpler, but it swaps two
 * people who pass each other if the best pair takes the only partner of another row.
 */

export interface Pair {
  readonly row: number;
  readonly column: number;
}

/**
 * `affinity(row, column)`: finite, higher is better. A pair below `least` (> 0) is never made. A row or column occurs
 * in at most one pair.
 */
export function assign(
  rows: number,
  columns: number,
  affinity: (row: number, column: number) => number,
  least: number,
): Pair[] {
  if (rows === 0 || columns === 0) return [];
  // the algorithm needs at least as many columns as rows
  if (rows > columns)
    return assign(columns, rows, (row, column) => affinity(column, row), least).map(({ row, column }) => ({
      row: column,
      column: row,
    }));
  const worth = new Float64Array(rows * columns);
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++) {
      const value = affinity(row, column);
      // a forbidden pair has the worth of no pair
      worth[row * columns + column] = value >= least ? value : 0;
    }
  const rowOf = cheapest(rows, columns, (row, column) => -(worth[row * columns + column] ?? 0));
  return rowOf.flatMap((row, column) =>
    row >= 0 && (worth[row * columns + column] ?? 0) > 0 ? [{ row, column }] : [],
  );
}

/** For each column its row, or -1. Every row gets a column; the sum of costs is the least. Needs rows <= columns. */
function cheapest(rows: number, columns: number, cost: (row: number, column: number) => number): number[] {
  const free = -1;
  const rowOf = new Array<number>(columns + 1).fill(free);
  const rowPrice = new Float64Array(rows);
  const columnPrice = new Float64Array(columns + 1);
  // an extra column, from which the path of each new row begins
  const start = columns;
  for (let row = 0; row < rows; row++) {
    rowOf[start] = row;
    const cheapestTo = new Float64Array(columns).fill(Number.POSITIVE_INFINITY);
    const cameFrom = new Int32Array(columns).fill(start);
    const visited = new Uint8Array(columns + 1);
    let column = start;
    while (rowOf[column] !== free) {
      visited[column] = 1;
      const from = rowOf[column] ?? 0;
      let step = Number.POSITIVE_INFINITY;
      let next = start;
      for (let other = 0; other < columns; other++) {
        if (visited[other] === 1) continue;
        const reduced = cost(from, other) - (rowPrice[from] ?? 0) - (columnPrice[other] ?? 0);
        if (reduced < (cheapestTo[other] ?? 0)) {
          cheapestTo[other] = reduced;
          cameFrom[other] = column;
        }
        if ((cheapestTo[other] ?? 0) < step) {
          step = cheapestTo[other] ?? 0;
          next = other;
        }
      }
      for (let other = 0; other <= columns; other++)
        if (visited[other] === 1) {
          const taker = rowOf[other] ?? 0;
          rowPrice[taker] = (rowPrice[taker] ?? 0) + step;
          columnPrice[other] = (columnPrice[other] ?? 0) - step;
        } else if (other < columns) cheapestTo[other] = (cheapestTo[other] ?? 0) - step;
      column = next;
    }
    while (column !== start) {
      const before = cameFrom[column] ?? start;
      rowOf[column] = rowOf[before] ?? free;
      column = before;
    }
  }
  return rowOf.slice(0, columns);
}
