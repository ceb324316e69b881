/** The types of the Kafka library for the centre's code outside this folder. Only this folder imports the library. */
export type { Batch, EachBatchPayload, Kafka, KafkaMessage, TopicPartitionOffset } from 'kafkajs';
