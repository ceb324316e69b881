/** Brings Kafka's jars into the cache, for set-up. Ends with 0 when they are there; else prints the reason in one line. */
import { ensureKafka, KafkaSetupError } from '../kafka/kafka.ts';

try {
  await ensureKafka(undefined, (line) => process.stdout.write(`${line}\n`));
} catch (error) {
  if (!(error instanceof KafkaSetupError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
}
