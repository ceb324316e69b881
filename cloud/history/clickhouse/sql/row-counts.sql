-- Rows of one gateway by lane, duplicates that are not merged away included: answered from the projection "lanes".
SELECT epoch, lane, count() AS rows
FROM events
WHERE gateway = {gateway:String}
GROUP BY gateway, epoch, lane
SETTINGS max_execution_time = 0
