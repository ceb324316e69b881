SELECT table, count() AS parts
FROM system.detached_parts
WHERE database = currentDatabase() AND reason LIKE 'broken%' AND table NOT IN ('schema_versions', 'alarm_states', 'alarm_states_building')
GROUP BY table
ORDER BY table
