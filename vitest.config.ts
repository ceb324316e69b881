import { defineConfig } from 'vitest/config';

/** Units that start real programs (Kafka, ffmpeg, a browser) and hold them to times: they want the cores to themselves. */
const realParts = [
  'cloud/ingest/{catching-up,consumer,lag}.test.ts',
  'cloud/notify/notifier.test.ts',
  'cloud/{rebuild,replay}.test.ts',
  'edge/console/page.test.ts',
  'edge/uplink/uplink.test.ts',
  'edge/vision/{supervisor,process/capture}.test.ts',
  'scripts/{camera,kafka}/*.test.ts',
  'test/contract/{sink,kafka-security}.test.ts',
];
const alone = { testTimeout: 180_000, hookTimeout: 180_000, fileParallelism: false };

/** What runs side by side, then what wants the machine to itself, then the whole product in its own processes. */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['{shared,edge,cloud,scripts}/**/*.test.{ts,mjs}', 'test/{contract,harness}/**/*.test.ts'],
          exclude: ['**/node_modules/**', ...realParts],
          testTimeout: 30_000,
          hookTimeout: 60_000,
          sequence: { groupOrder: 0 },
        },
      },
      { test: { name: 'real', include: realParts, ...alone, sequence: { groupOrder: 1 } } },
      {
        test: {
          name: 'whole',
          include: ['test/{e2e,faults}/**/*.test.ts'],
          ...alone,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
