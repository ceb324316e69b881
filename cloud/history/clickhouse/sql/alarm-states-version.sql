-- Which version of the projection there is (no row: none), and whether ClickHouse has put damaged files of it aside.
SELECT comment, (SELECT count() FROM system.detached_parts WHERE database = currentDatabase() AND table = 'alarm_states' AND reason LIKE 'broken%') AS broken
FROM system.tables
WHERE database = currentDatabase() AND name = 'alarm_states'
