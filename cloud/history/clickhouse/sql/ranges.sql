-- The ranges in some buckets that have holes (numbers.sql). Gaps and islands: numbers that follow each other have the same
-- distance to their rank. dense_rank, because a duplicate that is not merged yet has the rank of its twin.
SELECT min(sequence) AS first, max(sequence) AS last
FROM
(
    SELECT sequence, sequence - dense_rank() OVER (ORDER BY sequence) AS island
    FROM events
    WHERE gateway = {gateway:String} AND epoch = {epoch:String} AND lane = {lane:String}
      AND sequence >= {from:UInt64} AND sequence <= {through:UInt64}
)
GROUP BY island
ORDER BY first
LIMIT {limit:UInt32}
SETTINGS max_execution_time = 0
