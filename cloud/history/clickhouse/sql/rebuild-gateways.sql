SELECT gateway FROM (SELECT gateway FROM events GROUP BY gateway UNION DISTINCT SELECT gateway FROM events_rebuilt GROUP BY gateway)
ORDER BY gateway
SETTINGS max_execution_time = 0
