/**
 * The development Kafka as a process of its own: `node scripts/kafka/main.ts --port 9092 --data FOLDER [--cache FOLDER]`.
 * Prints one JSON line when the broker is ready. Ends on SIGTERM, on SIGINT, or when a pipe on standard input closes,
 * because then the process that started it is gone. All other output goes to standard error.
 */
import { fstatSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { KafkaSetupError, startKafka } from './kafka.ts';

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '9092' },
    'controller-port': { type: 'string' },
    data: { type: 'string' },
    cache: { type: 'string' },
  },
});
if (values.data === undefined) {
  process.stderr.write('kafka: --data FOLDER is missing: the folder that keeps the records\n');
  process.exit(1);
}

try {
  const kafka = await startKafka({
    dataFolder: values.data,
    port: Number(values.port),
    ...(values.cache === undefined ? {} : { cacheFolder: values.cache }),
    ...(values['controller-port'] === undefined ? {} : { controllerPort: Number(values['controller-port']) }),
    progress: (line) => process.stderr.write(`kafka: ${line}\n`),
  });
  let stopping = false;
  const stop = () => {
    stopping = true;
    void kafka.stop();
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  // a terminal or /dev/null never closes with another process
  if (fstatSync(0).isFIFO() || fstatSync(0).isSocket()) process.stdin.on('end', stop).on('error', stop).resume();
  const { brokers, pid, log, startMs } = kafka;
  process.stdout.write(`${JSON.stringify({ ready: true, brokers, pid, log, startMs })}\n`);
  await kafka.ended;
  if (!stopping) process.stderr.write(`kafka: the broker ended by itself: see ${log}\n`);
  process.exit(stopping ? 0 : 1);
} catch (error) {
  if (!(error instanceof KafkaSetupError)) throw error;
  process.stderr.write(`kafka: ${error.message}\n`);
  process.stdout.write(`${JSON.stringify({ ready: false, reason: error.reason, message: error.message })}\n`);
  process.exit(1);
}
