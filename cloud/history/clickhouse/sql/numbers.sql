-- Which numbers are there of the lanes of a gateway (or of one of them), in buckets of 65,536: of a bucket without a hole
-- its first and last number say all. Memory does not grow with the events: a bucket's bitmap takes 8 KB at most.
SELECT
    epoch, lane, intDiv(sequence, 65536) AS bucket, min(sequence) AS first, max(sequence) AS last,
    groupBitmap(toUInt32(sequence % 65536)) = last - first + 1 AS whole
FROM events
WHERE gateway = {gateway:String}
  AND ({epoch:String} = '' OR epoch = {epoch:String}) AND ({lane:String} = '' OR lane = {lane:String})
GROUP BY epoch, lane, bucket
ORDER BY epoch, lane, bucket
LIMIT {limit:UInt32}
SETTINGS max_execution_time = 0, optimize_aggregation_in_order = 1
