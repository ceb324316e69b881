-- The newest event of each alarm, chosen from `alarm_states`. Within one epoch the sequence orders the events; between two
-- epochs the time at which the gateway took their newest event decides. Times are corrected where a correction is known
-- (corrected.ts).
-- An alarm is open while it is active. It is also open when it is over, nobody has acknowledged it (on its site or at the
-- centre), and it is neither a test nor mere information (urgency 12 and more). An alarm that ended before the history
-- reached schema version 10 is not open, because the gateways of that time did not wait for an acknowledgement.
-- The limit takes open alarms first, then alarms that ended recently. In both groups every gateway has an equal share; the
-- rest goes to the gravest alarms (`urgencyOf`, queries.ts). With `skip` the list continues in that order.
-- The column `urgent` is an alarm's place in that order as one number: the lowest comes first. Its last 128 bits are the
-- alarm's id, so that one pass over all alarms finds each gateway's first ones by numbers alone; `picked` is computed once.
WITH
(
    SELECT if(minIf(applied_ms, version = 10) = minIf(applied_ms, version = 1), 0, minIf(applied_ms, version = 10))
    FROM schema_versions
) AS waits_since,
lives AS
(
    SELECT
        kind, gateway, id, epoch, lane, sequence, site, change, active, urgency, stored_ms,
        if(clock = 'unsynced' AND notEmpty(readings),
            least(toInt64(uptime) + arraySort(r -> (abs(toInt64(r.1) - toInt64(uptime)), -toInt64(r.1), -r.2), readings)[1].2,
                stored_ms + 86400000),
            received_ms) AS taken_ms,
        if(time_ms = received_ms, taken_ms, time_ms) AS at_ms
    FROM alarm_states FINAL
    LEFT JOIN known_clocks USING (gateway, boot)
    WHERE {gateway:String} = '' OR gateway = {gateway:String}
),
-- the earlier lives of alarms that continued in a new epoch of their gateway
earlier AS
(
    SELECT gateway, id, epoch, lane
    FROM lives
    WHERE kind = 0
      AND gateway IN
      (
          SELECT gateway
          FROM (SELECT gateway, epoch, lane FROM alarm_states WHERE kind = 0 GROUP BY gateway, epoch, lane)
          GROUP BY gateway HAVING count() > 1
      )
    ORDER BY taken_ms DESC, sequence DESC
    LIMIT 1, 18446744073709551614 BY gateway, id
),
judged AS
(
    SELECT
        lives.gateway AS gateway, lives.id AS id,
        if(seen.at_ms IS NULL, urgency, urgency % 10) AS rank,
        active OR (rank >= 12 AND stored_ms >= waits_since) AS is_open,
        bitShiftLeft(toUInt256(if(is_open, 126 - rank * 2 - active, 127)), 192)
            + bitShiftLeft(toUInt256(281474976710655 - least(greatest(lives.at_ms, 0), 281474976710655)), 128) + id AS urgent
    FROM lives
    LEFT JOIN (SELECT gateway, id, toNullable(at_ms) AS at_ms FROM acknowledgements FINAL) AS seen
      ON lives.gateway = seen.gateway AND lives.id = seen.id
    WHERE kind = 0 AND ({site:String} = '' OR site = {site:String})
      AND (lives.gateway, lives.id, epoch, lane) NOT IN (SELECT gateway, id, epoch, lane FROM earlier)
      AND (is_open OR lives.at_ms >= {since:Int64})
),
(
    SELECT groupArray((gateway, id, is_open, open_count, open_of_gateway))
    FROM
    (
        SELECT gateway::String AS gateway, is_open, first, toUInt128(first) AS id, open_count, open_of_gateway
        FROM
        (
            SELECT
                gateway, is_open, firsts,
                count() OVER (PARTITION BY is_open) AS gateways,
                sumIf(alarms, is_open) OVER () AS open_count,
                sumIf(alarms, is_open) OVER (PARTITION BY gateway) AS open_of_gateway
            FROM
            (
                SELECT gateway, is_open, count() AS alarms, groupArraySorted({most:UInt32})(urgent) AS firsts
                FROM judged
                GROUP BY gateway, is_open
            )
        )
        ARRAY JOIN firsts AS first, arrayEnumerate(firsts) AS place
        ORDER BY is_open DESC, (place <= greatest(1, intDiv({limit:UInt32}, gateways))) DESC, first, gateway DESC
        LIMIT {limit:UInt32} OFFSET {skip:UInt32}
    )
) AS picked,
chosen AS
(
    SELECT one.1 AS gateway, one.2 AS id, one.3 AS is_open, one.4 AS open_count, one.5 AS open_of_gateway
    FROM (SELECT arrayJoin(picked) AS one)
),
states AS
(
    SELECT
        gateway, id,
        argMax((epoch, lane, newest), (newest_taken, newest)) AS key,
        argMax(newest_at, (newest_taken, newest)) AS ended_ms,
        max(newest_taken) AS taken_ms,
        argMin(first_at, (not_raised, newest_taken, newest)) AS raised_ms
    FROM
    (
        SELECT
            gateway, id, epoch, lane,
            maxIf(sequence, kind = 0) AS newest,
            maxIf(taken_ms, kind = 0) AS newest_taken,
            maxIf(at_ms, kind = 0) AS newest_at,
            maxIf(change != 'raised', kind = 1) AS not_raised,
            maxIf(at_ms, kind = 1) AS first_at
        FROM lives
        WHERE (gateway, id) IN (SELECT gateway, id FROM chosen)
        GROUP BY gateway, id, epoch, lane
    )
    GROUP BY gateway, id
)
SELECT
    states.raised_ms AS raised_ms, states.ended_ms AS ended_ms, chosen.is_open AS is_open, chosen.open_count AS open_count,
    chosen.open_of_gateway AS open_of_gateway,
    seen.person AS person, seen.at_ms AS acknowledged_ms, events.alarm AS alarm,
    site, events.gateway AS gateway, epoch, lane, sequence, device, type, time_ms, received_ms, stored_ms, clock, boot,
    uptime, rest, data, if(clock = 'unsynced' AND states.taken_ms != received_ms, states.taken_ms, NULL) AS true_ms
FROM
(
    SELECT * FROM events
    PREWHERE (gateway, epoch, lane, sequence) IN (SELECT gateway, key.1, key.2, key.3 FROM states)
    ORDER BY stored_ms
    LIMIT 1 BY gateway, epoch, lane, sequence
) AS events
INNER JOIN states
  ON events.gateway = states.gateway AND events.epoch = states.key.1 AND events.lane = states.key.2 AND events.sequence = states.key.3
INNER JOIN chosen ON states.gateway = chosen.gateway AND states.id = chosen.id
LEFT JOIN (SELECT gateway, id, person, at_ms FROM acknowledgements FINAL) AS seen
  ON states.gateway = seen.gateway AND states.id = seen.id
ORDER BY ended_ms DESC, gateway DESC, epoch DESC, lane DESC, sequence DESC
