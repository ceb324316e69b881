-- For one chunk: copies the rows that the new table lacks, because Kafka no longer holds their records. `stored_ms` is
-- copied too, so the rows stay in their month.
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
