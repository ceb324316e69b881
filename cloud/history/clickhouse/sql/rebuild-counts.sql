-- For one chunk: how many numbers the old table holds, and how many of them the new table lacks.
SELECT
    count() AS before,
    countIf(sequence NOT IN
    (
        SELECT sequence FROM events_rebuilt
        WHERE gateway = {gateway:String} AND epoch = {epoch:String} AND lane = {lane:String}
          AND sequence >= {from:UInt64} AND sequence <= {through:UInt64}
    )) AS lacking
FROM
(
    SELECT DISTINCT sequence FROM events
    WHERE gateway = {gateway:String} AND epoch = {epoch:String} AND lane = {lane:String}
      AND sequence >= {from:UInt64} AND sequence <= {through:UInt64}
)
SETTINGS max_execution_time = 0
