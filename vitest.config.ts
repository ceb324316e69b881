import { availableParallelism } from 'node:os';
import { prepare } from '@forpost/shared/stripping/stripped.mjs';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/**
 * Prepared code for the threads and processes that tests start, as in a gateway. Without it each thread strips types with
 * a WebAssembly module of its own, and V8 sometimes aborts a process whose threads with WebAssembly come and go
 * («Check failed: jit_page.has_value()», or a segmentation fault).
 */
const preload = `--import ${import.meta.resolve('@forpost/shared/stripping/preload.mjs')}`;
if (process.env.NODE_OPTIONS?.includes(preload) !== true) {
  prepare();
  process.env.NODE_OPTIONS = `${process.env.NODE_OPTIONS ?? ''} ${preload}`.trim();
}

/** Tests that need no process or thread of their own: sharing workers halves their cost. */
const light = [
  'shared/**/*.test.{ts,mjs}',
  'cloud/{access,alarms,api,commands,events,gateways,health,live,notify,operations,registry,series,sites,web}/**/*.test.ts',
  'edge/{alerts,clock,commands,config,console,devices,rules,site}/**/*.test.ts',
];
/** Tests that start real programs (Kafka, ClickHouse, ffmpeg, a browser) and mostly wait for them. */
const realParts = [
  'edge/gateway.test.ts',
  'edge/vision/process/stream/*.test.ts',
  'cloud/history/clickhouse/{embedded,http,http-faults}.test.ts',
  'cloud/ingest/{catching-up,ingest,two-centres}.test.ts',
  'cloud/kafka/{lag,supervised-producer}.test.ts',
  'cloud/notify/notifier.test.ts',
  'cloud/jobs/{rebuild,replay}.test.ts',
  'cloud/operations/topic-log.test.ts',
  'cloud/registry/topic-registry.test.ts',
  'cloud/web/{languages,page}.test.ts',
  'edge/cameras/{camera-set-up,process/stream-test/test-stream}.test.ts',
  'edge/cli/init.test.ts',
  'edge/console/{page,hostile-page,set-up-cameras}.test.ts',
  'scripts/{camera,kafka}/*.test.ts',
  'test/contract/{history,sink,kafka-security,kafka-addresses}.test.ts',
  'test/{e2e,faults}/**/*.test.ts',
];
/** Tests that measure times of real programs: they need most of the machine. */
const timed = [
  'edge/uplink/uplink.test.ts',
  'edge/vision/{supervisor,process/capture}.test.ts',
  'test/e2e/{main-job,camera}.test.ts',
];
/** Tests above half a minute, longest first: one that began last would run alone at the end. */
const longest = [
  'test/faults/faults.test.ts',
  'test/faults/centre-kill.test.ts',
  'test/contract/history.test.ts',
  'edge/console/page.test.ts',
  'cloud/ingest/ingest.test.ts',
  'test/e2e/pages.test.ts',
  'test/faults/three-brokers.test.ts',
  'test/faults/hostile-gateway.test.ts',
  'test/e2e/commands-kafka.test.ts',
  'test/e2e/commands-http.test.ts',
  'cloud/jobs/rebuild.test.ts',
  'test/faults/hostile-packets.test.ts',
  'cloud/web/page.test.ts',
  'test/e2e/frozen-kafka.test.ts',
  'test/e2e/centre-access.test.ts',
  'test/faults/simulation/simulation.test.ts',
  'cloud/ingest/catching-up.test.ts',
  'test/contract/sink.test.ts',
  'edge/uplink/uplink.test.ts',
  'test/e2e/camera.test.ts',
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

/**
 * A wait ends as soon as its condition comes true; Vitest's default limit of 1 s is too short for a busy machine. Real programs
 * have as long as `until` of the harness gives them.
 */
const poll = (timeout: number) => ({ poll: { timeout } });
const quick = { testTimeout: 30_000, hookTimeout: 60_000, expect: poll(10_000) };
const patient = { testTimeout: 180_000, hookTimeout: 180_000, expect: poll(30_000) };
/** Vitest's own default leaves one core free: half of a machine with two. */
const forProcessors = Math.max(3, availableParallelism() - 1);
/** More workers than processors: some tests with real programs are always waiting. */
const forWaiting = Math.max(4, forProcessors);

/** Light tests first; then all others together, real programs among them; then timed tests, three at a time. */
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
          maxWorkers: forProcessors,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          name: 'unit',
          include: [
            '{shared,edge,cloud,scripts}/**/*.test.{ts,mjs}',
            'test/{conformance,contract,docs,harness}/**/*.test.ts',
          ],
          exclude: ['**/node_modules/**', ...light, ...realParts, ...timed],
          ...quick,
          maxWorkers: forWaiting,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          name: 'real',
          include: realParts,
          exclude: ['**/node_modules/**', ...timed],
          ...patient,
          maxWorkers: forWaiting,
          sequence: { groupOrder: 1 },
        },
      },
      { test: { name: 'timed', include: timed, ...patient, maxWorkers: 3, sequence: { groupOrder: 2 } } },
    ],
  },
});
