-- The newest event of each alarm. Within one life of the outbox (epoch) the sequence is the order of things; between
-- two of them the time at which the gateway took the newest one. Active ones go first into the limit.
WITH chosen AS
(
    SELECT
        gateway, alarm,
        argMax((epoch, lane, newest), (newest_received, newest)) AS key,
        argMax(newest_active, (newest_received, newest)) AS is_active,
        argMax(newest_time, (newest_received, newest)) AS ended_ms,
        argMin(first_time, (not_raised, newest_received, newest)) AS raised_ms
    FROM
    (
        SELECT
            gateway, alarm, epoch, lane,
            max(sequence) AS newest,
            argMax(received_ms, sequence) AS newest_received,
            argMax(active, sequence) AS newest_active,
            argMax(time_ms, sequence) AS newest_time,
            min(change != 'raised') AS not_raised,
            argMin(time_ms, (change != 'raised', sequence)) AS first_time
        FROM events FINAL
        WHERE type = 'forpost.alert.v1' AND alarm != ''
        GROUP BY gateway, alarm, epoch, lane
    )
    GROUP BY gateway, alarm
    HAVING is_active OR ended_ms >= {since:Int64}
    ORDER BY is_active DESC, ended_ms DESC, gateway DESC, alarm DESC
    LIMIT {limit:UInt32}
)
SELECT
    chosen.raised_ms AS raised_ms, events.alarm AS alarm,
    site, events.gateway AS gateway, epoch, lane, sequence, device, type, time_ms, received_ms, stored_ms, clock, boot,
    uptime, rest, data
FROM events FINAL
INNER JOIN chosen ON events.gateway = chosen.gateway AND events.alarm = chosen.alarm
WHERE type = 'forpost.alert.v1'
  AND (events.gateway, epoch, lane, sequence) IN (SELECT gateway, key.1, key.2, key.3 FROM chosen)
ORDER BY time_ms DESC, gateway DESC, epoch DESC, lane DESC, sequence DESC
