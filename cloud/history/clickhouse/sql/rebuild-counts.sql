WITH
    old AS (SELECT DISTINCT epoch, lane, sequence FROM events WHERE gateway = {gateway:String}),
    new AS (SELECT DISTINCT epoch, lane, sequence FROM events_rebuilt WHERE gateway = {gateway:String})
SELECT
    (SELECT count() FROM old) AS before,
    (SELECT count() FROM new) AS after,
    (SELECT count() FROM old WHERE (epoch, lane, sequence) NOT IN (SELECT epoch, lane, sequence FROM new)) AS lost
SETTINGS max_execution_time = 0, max_memory_usage = 0
