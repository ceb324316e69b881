-- The newest event of each alarm. Within one life of the outbox (epoch) the sequence is the order of things; between
-- two of them the time at which the gateway took the newest one. Times are the corrected ones where there are any
-- (corrected.ts). Into the limit go first the active ones, of them those that nobody acknowledged, then the gravest
-- (`urgencyOf`, queries.ts); what decides that lies in the data, which is read of the newest events only.
WITH alerts AS
(
    SELECT
        gateway, alarm, epoch, lane, sequence, active, change,
        if(clock = 'unsynced' AND notEmpty(readings),
            least(toInt64(uptime) + arraySort(r -> (abs(toInt64(r.1) - toInt64(uptime)), -toInt64(r.1), -r.2), readings)[1].2,
                stored_ms + 86400000),
            NULL) AS true_ms,
        ifNull(true_ms, received_ms) AS taken_ms,
        if(time_ms = received_ms, taken_ms, time_ms) AS at_ms
    FROM events FINAL
    LEFT JOIN known_clocks USING (gateway, boot)
    WHERE type = 'forpost.alert.v1' AND alarm != ''
),
chosen AS
(
    SELECT
        gateway, alarm,
        argMax((epoch, lane, newest), (newest_received, newest)) AS key,
        argMax(newest_active, (newest_received, newest)) AS is_active,
        argMax(newest_at, (newest_received, newest)) AS ended_ms,
        max(newest_received) AS taken_ms,
        argMin(first_at, (not_raised, newest_received, newest)) AS raised_ms
    FROM
    (
        SELECT
            gateway, alarm, epoch, lane,
            max(sequence) AS newest,
            argMax(taken_ms, sequence) AS newest_received,
            argMax(active, sequence) AS newest_active,
            argMax(at_ms, sequence) AS newest_at,
            min(change != 'raised') AS not_raised,
            argMin(at_ms, (change != 'raised', sequence)) AS first_at
        FROM alerts
        GROUP BY gateway, alarm, epoch, lane
    )
    GROUP BY gateway, alarm
    HAVING is_active OR ended_ms >= {since:Int64}
    ORDER BY is_active DESC, ended_ms DESC, gateway DESC, alarm DESC
    LIMIT {most:UInt32}
)
SELECT * EXCEPT (is_active, ended_ms, urgency)
FROM
(
    SELECT
        chosen.raised_ms AS raised_ms, chosen.is_active AS is_active, chosen.ended_ms AS ended_ms,
        if(JSONExtractBool(data, 'acknowledged'), 0, 10)
            + if(JSONExtractBool(data, 'test'), 0,
                transform(JSONExtractString(data, 'severity'), ['critical', 'warning', 'info'], [3, 2, 1], 0)) AS urgency,
        events.alarm AS alarm,
        site, events.gateway AS gateway, epoch, lane, sequence, device, type, time_ms, received_ms, stored_ms, clock, boot,
        uptime, rest, data, if(clock = 'unsynced' AND chosen.taken_ms != received_ms, chosen.taken_ms, NULL) AS true_ms
    FROM events FINAL
    INNER JOIN chosen ON events.gateway = chosen.gateway AND events.alarm = chosen.alarm
    WHERE type = 'forpost.alert.v1'
      AND (events.gateway, epoch, lane, sequence) IN (SELECT gateway, key.1, key.2, key.3 FROM chosen)
    ORDER BY is_active DESC, if(is_active, urgency, 0) DESC, ended_ms DESC, gateway DESC, alarm DESC
    LIMIT {limit:UInt32}
)
ORDER BY ended_ms DESC, gateway DESC, epoch DESC, lane DESC, sequence DESC
