-- Of one chunk: the rows of which Kafka holds no record any more, as they are. `stored_ms` comes along, and with it the
-- month that they stand in.
INSERT INTO events_rebuilt
SELECT * FROM events
WHERE gateway = {gateway:String} AND epoch = {epoch:String} AND lane = {lane:String}
  AND sequence >= {from:UInt64} AND sequence <= {through:UInt64}
  AND sequence NOT IN
  (
      SELECT sequence FROM events_rebuilt
      WHERE gateway = {gateway:String} AND epoch = {epoch:String} AND lane = {lane:String}
        AND sequence >= {from:UInt64} AND sequence <= {through:UInt64}
  )
SETTINGS max_execution_time = 0, max_partitions_per_insert_block = 0
