-- The version of the alarm states (no row: there is no table), and how many damaged parts ClickHouse has put aside.
SELECT comment, (SELECT count() FROM system.detached_parts WHERE database = currentDatabase() AND table = 'alarm_states' AND reason LIKE 'broken%') AS broken
FROM system.tables
WHERE database = currentDatabase() AND name = 'alarm_states'
