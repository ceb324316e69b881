-- Of one gateway: the rows of which Kafka holds no record any more, as they are. `stored_ms` comes along, and with it
-- the month that they stand in.
INSERT INTO events_rebuilt
SELECT * FROM events
WHERE gateway = {gateway:String}
  AND (epoch, lane, sequence) NOT IN
    (SELECT epoch, lane, sequence FROM events_rebuilt WHERE gateway = {gateway:String})
SETTINGS max_execution_time = 0, max_memory_usage = 0, max_partitions_per_insert_block = 0
