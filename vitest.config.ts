import { defineConfig } from 'vitest/config';

/** Two projects: what runs side by side, and, after it, what owns ports, processes and both cores, one at a time. */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['{shared,edge,cloud,scripts}/**/*.test.{ts,mjs}', 'test/contract/**/*.test.ts'],
          testTimeout: 30_000,
          hookTimeout: 60_000,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          name: 'whole',
          include: ['test/{e2e,faults}/**/*.test.ts'],
          testTimeout: 180_000,
          hookTimeout: 180_000,
          fileParallelism: false,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
