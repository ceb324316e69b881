/** The types of the Kafka library that the centre's code outside this folder knows. Only this folder imports the library. */
export type { Batch, EachBatchPayload, Kafka, KafkaMessage, TopicPartitionOffset } from 'kafkajs';
