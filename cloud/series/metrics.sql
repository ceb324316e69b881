-- Devices with the metrics that came since: answered from the projection of the same shape, whatever the size (the
-- setting keeps mapKeys as it stands there). Of one gateway at most `most_of_gateway`: no other's are pushed out.
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
LIMIT {most_of_gateway:UInt32} BY gateway
LIMIT {limit:UInt32}
SETTINGS optimize_functions_to_subcolumns = 0
