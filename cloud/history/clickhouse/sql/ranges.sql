-- The ranges in buckets with holes (numbers.sql). Gaps and islands: consecutive numbers have the same difference to their
-- rank. dense_rank gives duplicates that are not merged yet the same rank.
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
