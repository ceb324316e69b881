import kafkajs from 'kafkajs';

/** Whether a broker answered with one of these error codes. `types`: names of the Kafka protocol, as `REBALANCE_IN_PROGRESS`. */
export function isProtocolError(error: unknown, types: readonly string[]): boolean {
  return error instanceof kafkajs.KafkaJSProtocolError && types.includes(error.type);
}
