SELECT gateway, epoch, lane
FROM events
GROUP BY gateway, epoch, lane
ORDER BY gateway, epoch, lane
SETTINGS max_execution_time = 0
