-- What is there of one gateway, lane by lane, as ranges (received.sql says how).
SELECT epoch, lane, min(sequence) AS first, max(sequence) AS last
FROM
(
    SELECT epoch, lane, sequence, sequence - dense_rank() OVER (PARTITION BY epoch, lane ORDER BY sequence) AS island
    FROM events
    WHERE gateway = {gateway:String}
)
GROUP BY epoch, lane, island
ORDER BY epoch, lane, first
SETTINGS max_execution_time = 0
