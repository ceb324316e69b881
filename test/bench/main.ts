/**
 * `npm run bench -- NAME… [--json] [--events N] [--seconds N] [--runs N]`: runs the benchmarks and prints one JSON
 * document each, last on standard output.
 */
import { parseArgs } from 'node:util';
import { requireNode } from '@forpost/shared/node-version.ts';
import type { Report } from '../../scripts/report.ts';
import type { BenchOptions } from './options.ts';

requireNode();

const benchmarks: Readonly<Record<string, (options: BenchOptions) => Promise<Report>>> = {
  'alert-latency': async (options) => (await import('./alert-latency.ts')).alertLatency(options),
  broker: async (options) => (await import('./broker.ts')).broker(options),
  identity: async () => (await import('./identity.ts')).identity(),
  'site-changes': async () => (await import('./site-changes.ts')).siteChanges(),
  'mqtt-ack': async (options) => (await import('./mqtt-ack.ts')).mqttAck(options),
  drain: async (options) => (await import('./drain.ts')).drain(options),
  reconnect: async (options) => (await import('./reconnect.ts')).reconnect(options),
  boot: async (options) => (await import('./boot.ts')).boot(options),
  memory: async (options) => (await import('./memory.ts')).memory(options),
  people: async () => (await import('./people.ts')).people(),
  vision: async (options) => (await import('./vision/vision.ts')).vision(options),
  'history-ingest': async (options) => (await import('./history-ingest.ts')).historyIngest(options),
  'alarm-list': async (options) => (await import('./alarm-list.ts')).alarmList(options),
};

/** @throws Error with one line for people */
function commandLine(): { readonly names: readonly string[]; readonly options: BenchOptions } {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: {
      // the document is JSON anyway
      json: { type: 'boolean' },
      events: { type: 'string' },
      seconds: { type: 'string' },
      runs: { type: 'string' },
      minutes: { type: 'string' },
    },
  });
  const unknown = positionals.filter((name) => !Object.hasOwn(benchmarks, name));
  if (unknown.length > 0)
    throw new Error(`no benchmark "${unknown.join('", "')}"; there are: ${Object.keys(benchmarks).join(', ')}`);
  const options: Record<string, number> = {};
  for (const name of ['events', 'seconds', 'runs', 'minutes'] as const) {
    const text = values[name];
    if (text === undefined) continue;
    if (!/^[1-9][0-9]{0,8}$/.test(text)) throw new Error(`--${name} takes a whole number from 1, not "${text}"`);
    options[name] = Number(text);
  }
  return { names: positionals, options };
}

let asked: ReturnType<typeof commandLine>;
try {
  asked = commandLine();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
}
let worst = 0;
for (const [name, run] of Object.entries(benchmarks)) {
  if (asked.names.length > 0 && !asked.names.includes(name)) continue;
  process.stderr.write(`${name} …\n`);
  worst = Math.max(worst, (await run(asked.options)).print());
}
process.exit(worst);
