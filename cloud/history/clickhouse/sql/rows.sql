SELECT count() AS rows, uniqExact(sequence) AS distinct
FROM events
WHERE gateway = {gateway:String} AND epoch = {epoch:String} AND lane = {lane:String}
SETTINGS max_execution_time = 0
