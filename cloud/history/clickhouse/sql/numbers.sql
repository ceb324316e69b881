-- The stored numbers of a gateway's lanes (or of one lane), in buckets of 65,536: a bucket without a hole is described by
-- its first and last number. Memory does not grow with the events: a bucket's bitmap takes at most 8 KB.
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
