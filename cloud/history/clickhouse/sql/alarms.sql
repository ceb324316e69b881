-- The newest event of each alarm. Within one life of the outbox (epoch) the sequence is the order of things; between
-- two of them the time at which the gateway took the newest one. Times are the corrected ones where there are any
-- (corrected.ts).
-- Open is what is active, and what is over and waits for a person: nobody acknowledged it, on its site or at the centre,
-- and it is no trial and no mere information (urgency 12 and more). What had ended before a history came to this schema
-- (version 10) waits for nobody: its gateways' versions let it go.
-- Into the limit go the open ones first, then those that ended lately; of each kind every gateway has an equal share,
-- what is left goes to the gravest (`urgencyOf`, queries.ts). With `skip` the list goes on behind the first ones, in that
-- order.
-- Of a gateway with more than `most_of_gateway` changes of alarms the newest are looked at, by when they were stored: one
-- that floods for days must not make the list of all the others too slow to be asked for.
WITH begins AS
(
    SELECT gateway, arrayReverseSort(groupArray(stored_ms))[{most_of_gateway:UInt32}] AS begin_ms
    FROM events
    WHERE type = 'forpost.alert.v1' AND alarm != ''
    GROUP BY gateway
    HAVING count() > {most_of_gateway:UInt32}
),
alerts AS
(
    SELECT
        gateway, alarm, epoch, lane, sequence, active, change, urgency,
        stored_ms >=
        (
            SELECT if(minIf(applied_ms, version = 10) = minIf(applied_ms, version = 1), 0, minIf(applied_ms, version = 10))
            FROM schema_versions
        ) AS may_wait,
        if(clock = 'unsynced' AND notEmpty(readings),
            least(toInt64(uptime) + arraySort(r -> (abs(toInt64(r.1) - toInt64(uptime)), -toInt64(r.1), -r.2), readings)[1].2,
                stored_ms + 86400000),
            NULL) AS true_ms,
        ifNull(true_ms, received_ms) AS taken_ms,
        if(time_ms = received_ms, taken_ms, time_ms) AS at_ms
    FROM events FINAL
    LEFT JOIN known_clocks USING (gateway, boot)
    WHERE type = 'forpost.alert.v1' AND alarm != ''
      AND ({gateway:String} = '' OR gateway = {gateway:String})
      AND ({site:String} = '' OR site = {site:String})
      AND stored_ms >= ifNull((SELECT mapFromArrays(groupArray(gateway::String), groupArray(begin_ms)) FROM begins)[gateway::String], 0)
),
states AS
(
    SELECT
        gateway, alarm,
        argMax((epoch, lane, newest), (newest_received, newest)) AS key,
        argMax((newest_active, newest_urgency, newest_may_wait), (newest_received, newest)) AS state,
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
            argMax(urgency, sequence) AS newest_urgency,
            argMax(may_wait, sequence) AS newest_may_wait,
            argMax(at_ms, sequence) AS newest_at,
            min(change != 'raised') AS not_raised,
            argMin(at_ms, (change != 'raised', sequence)) AS first_at
        FROM alerts
        GROUP BY gateway, alarm, epoch, lane
    )
    GROUP BY gateway, alarm
),
judged AS
(
    SELECT
        states.gateway AS gateway, states.alarm AS alarm, key, ended_ms, taken_ms, raised_ms,
        seen.first_person AS person, seen.first_ms AS acknowledged_ms,
        state.1 AS is_active,
        if(person != '', state.2 % 10, state.2) AS rank,
        is_active OR (rank >= 12 AND state.3) AS is_open
    FROM states
    LEFT JOIN
    (
        SELECT gateway, alarm, argMin(person, at_ms) AS first_person, min(at_ms) AS first_ms
        FROM acknowledgements GROUP BY gateway, alarm
    ) AS seen ON states.gateway = seen.gateway AND states.alarm = seen.alarm
    WHERE is_open OR ended_ms >= {since:Int64}
),
placed AS
(
    SELECT
        *,
        row_number() OVER (PARTITION BY is_open, gateway
            ORDER BY if(is_open, rank, 0) DESC, is_active DESC, ended_ms DESC, alarm DESC) AS place,
        uniqExact(gateway) OVER (PARTITION BY is_open) AS gateways,
        countIf(is_open) OVER () AS open_count,
        countIf(is_open) OVER (PARTITION BY gateway) AS open_of_gateway
    FROM judged
),
chosen AS
(
    SELECT * FROM placed
    ORDER BY is_open DESC, (place <= greatest(1, intDiv({limit:UInt32}, gateways))) DESC,
        if(is_open, rank, 0) DESC, is_active DESC, ended_ms DESC, gateway DESC, alarm DESC
    LIMIT {limit:UInt32} OFFSET {skip:UInt32}
)
SELECT
    chosen.raised_ms AS raised_ms, chosen.ended_ms AS ended_ms, chosen.is_open AS is_open, chosen.open_count AS open_count,
    chosen.open_of_gateway AS open_of_gateway,
    chosen.person AS person, chosen.acknowledged_ms AS acknowledged_ms, events.alarm AS alarm,
    site, events.gateway AS gateway, epoch, lane, sequence, device, type, time_ms, received_ms, stored_ms, clock, boot,
    uptime, rest, data, if(clock = 'unsynced' AND chosen.taken_ms != received_ms, chosen.taken_ms, NULL) AS true_ms
FROM events FINAL
INNER JOIN chosen ON events.gateway = chosen.gateway AND events.alarm = chosen.alarm
WHERE type = 'forpost.alert.v1'
  AND (events.gateway, epoch, lane, sequence) IN (SELECT gateway, key.1, key.2, key.3 FROM chosen)
ORDER BY ended_ms DESC, gateway DESC, epoch DESC, lane DESC, sequence DESC
