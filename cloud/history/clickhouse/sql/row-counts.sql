-- Rows of one gateway by lane, including duplicates that are not merged yet; the projection "lanes" answers.
SELECT epoch, lane, count() AS rows
FROM events
WHERE gateway = {gateway:String}
GROUP BY gateway, epoch, lane
SETTINGS max_execution_time = 0
