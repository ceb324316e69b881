-- Devices with the metrics that came since: answered from the projection of the same shape, whatever the size.
SELECT site, gateway, device, channel, arrayJoin(names) AS metric
FROM
(
    SELECT site, gateway, device, channel, mapKeys(`values`) AS names
    FROM events
    GROUP BY site, gateway, device, channel, names
    HAVING max(stored_ms) >= {since:Int64}
)
GROUP BY site, gateway, device, channel, metric
ORDER BY site, gateway, device, channel, metric
LIMIT {limit:UInt32}
