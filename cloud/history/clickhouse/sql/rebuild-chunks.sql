-- A gateway's events in chunks of at most two million numbers of one lane. Each statement of the rebuild handles one
-- chunk, so that its memory does not grow with the history.
SELECT epoch, lane, min(sequence) AS first, max(sequence) AS last
FROM events
WHERE gateway = {gateway:String}
GROUP BY epoch, lane, intDiv(sequence, 2097152)
ORDER BY epoch, lane, first
SETTINGS max_execution_time = 0
