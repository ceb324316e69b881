-- Lanes with stored events, and lanes that only a gap record or their gateway's state names.
SELECT gateway, epoch, lane
FROM
(
    SELECT gateway, epoch, lane
    FROM events
    GROUP BY gateway, epoch, lane
    UNION ALL
    SELECT gateway, JSONExtractString(data, 'epoch') AS epoch, JSONExtractString(data, 'lane') AS lane
    FROM events
    WHERE type = 'forpost.gap.v1' AND match(epoch, '^[a-z0-9-]{1,64}$') AND lane IN ('alerts', 'telemetry')
    UNION ALL
    SELECT gateway, epoch, lane
    FROM lane_ends
)
GROUP BY gateway, epoch, lane
ORDER BY gateway, epoch, lane
SETTINGS max_execution_time = 0
