import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** What needs no process or thread to itself: side by side in the same ones, which halves what they cost. */
const light = [
  'shared/**/*.test.{ts,mjs}',
  'cloud/{auth,notify,web}/**/*.test.ts',
  'edge/{alerts,config,console,devices,rules,site}/**/*.test.ts',
];
/** What starts real programs (Kafka, ffmpeg, a browser) and mostly waits for them. */
const realParts = [
  'edge/start.test.ts',
  'edge/vision/process/stream/*.test.ts',
  'cloud/ingest/{catching-up,consumer,lag,two-centres}.test.ts',
  'cloud/notify/notifier.test.ts',
  'cloud/{rebuild,replay}.test.ts',
  'cloud/operations/topic-log.test.ts',
  'cloud/registry/topic-registry.test.ts',
  'cloud/web/page.test.ts',
  'edge/cli/init.test.ts',
  'edge/console/{page,hostile-page}.test.ts',
  'scripts/{camera,kafka}/*.test.ts',
  'test/contract/{sink,kafka-security,kafka-addresses}.test.ts',
  'test/{e2e,faults}/**/*.test.ts',
];
/** What holds real programs to times, or needs every core: it wants as much of the machine as it can have. */
const timed = [
  'edge/uplink/uplink.test.ts',
  'edge/vision/{supervisor,process/capture}.test.ts',
  'test/e2e/{main-job,camera}.test.ts',
  'test/faults/simulation/*.test.ts',
];
/** Above half a minute each, longest first: one of them begun last would have the machine to itself. */
const longest = [
  'test/faults/faults.test.ts',
  'test/faults/centre-kill.test.ts',
  'test/e2e/commands.test.ts',
  'test/faults/hostile-gateway.test.ts',
  'cloud/ingest/catching-up.test.ts',
  'test/e2e/pages.test.ts',
  'cloud/rebuild.test.ts',
  'cloud/ingest/consumer.test.ts',
];

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const place = ({ moduleId }: TestSpecification) => {
      const found = longest.findIndex((path) => moduleId.endsWith(path));
      return found < 0 ? longest.length : found;
    };
    return (await super.sort(files)).sort((a, b) => place(a) - place(b));
  }
}

/** Vitest's own count leaves a core to itself: of two, half of the machine. */
const quick = { testTimeout: 30_000, hookTimeout: 60_000, maxWorkers: Math.max(3, availableParallelism() - 1) };
const patient = { testTimeout: 180_000, hookTimeout: 180_000 };

/** Quick tests, then real parts four at a time (they wait a lot), then two at a time what is held to times. */
export default defineConfig({
  test: {
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        test: {
          name: 'light',
          include: light,
          exclude: ['**/node_modules/**', ...realParts, ...timed],
          isolate: false,
          ...quick,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          name: 'unit',
          include: [
            '{shared,edge,cloud,scripts}/**/*.test.{ts,mjs}',
            'test/{conformance,contract,harness}/**/*.test.ts',
          ],
          exclude: ['**/node_modules/**', ...light, ...realParts, ...timed],
          ...quick,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          name: 'real',
          include: realParts,
          exclude: ['**/node_modules/**', ...timed],
          ...patient,
          maxWorkers: 4,
          sequence: { groupOrder: 1 },
        },
      },
      { test: { name: 'timed', include: timed, ...patient, maxWorkers: 2, sequence: { groupOrder: 2 } } },
    ],
  },
});
