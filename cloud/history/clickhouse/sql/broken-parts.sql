SELECT table, count() AS parts
FROM system.detached_parts
WHERE database = currentDatabase() AND reason LIKE 'broken%' AND table != 'schema_versions'
GROUP BY table
ORDER BY table
