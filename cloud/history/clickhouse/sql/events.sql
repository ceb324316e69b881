-- One page of events of one slice of time, newest first. An empty text means: any. The `after_*` parameters are the
-- cursor: the last event of the page before. The inner query finds the page's keys in a few narrow columns and without
-- FINAL (15 times quicker); the outer query selects one row of a duplicated key. So a page may be short before the end of
-- the slice: the caller continues from its last event until an answer is empty.
--
-- Data of more than `most_bytes` is cut to its beginning; further attributes of more than `most_bytes` are left out.
--
-- Events are ordered by corrected time where a correction is known (corrected.ts). So the keys come from two sources:
-- events whose own time counts, by the index on time; and unsynced events of boots whose clock is known, by the indexes
-- on clock, boot and storing time.
SELECT
    * EXCEPT (short_rest, short_data), short_rest AS rest, short_data AS data,
    if(clock = 'unsynced' AND notEmpty(readings), least(toInt64(uptime) + arraySort(r -> (abs(toInt64(r.1) - toInt64(uptime)), -toInt64(r.1), -r.2), readings)[1].2, stored_ms + 86400000), NULL) AS true_ms,
    if(time_ms = received_ms, ifNull(true_ms, time_ms), time_ms) AS at_ms
FROM
(
    SELECT site, gateway, epoch, lane, sequence, device, type, time_ms, received_ms, stored_ms, clock, boot, uptime,
        if(length(rest) > {most_bytes:UInt32}, '', rest) AS short_rest,
        if(length(data) > {most_bytes:UInt32}, '', data) AS short_data,
        if(length(data) > {most_bytes:UInt32}, substringUTF8(data, 1, 500), '') AS data_begin,
        length(data) AS data_bytes, length(rest) AS rest_bytes
    FROM events FINAL
    WHERE (gateway, epoch, lane, sequence) IN
    (
        SELECT gateway, epoch, lane, sequence
        FROM
        (
            SELECT gateway, epoch, lane, sequence, time_ms AS found_ms
            FROM events
            WHERE time_ms >= {from:Int64} AND time_ms <= {through:Int64}
              AND ({site:String} = '' OR site = {site:String})
              AND ({gateway:String} = '' OR gateway = {gateway:String})
              AND ({device:String} = '' OR device = {device:String})
              AND ({type:String} = '' OR type = {type:String})
              AND ({lane:String} = '' OR lane = {lane:String})
              AND NOT (clock = 'unsynced' AND time_ms = received_ms AND (gateway, boot) IN (SELECT gateway, boot FROM clocks))
              AND ({after:UInt8} = 0 OR (time_ms, gateway, epoch, lane, sequence)
                < ({after_time:Int64}, {after_gateway:String}, {after_epoch:String}, {after_lane:String}, {after_sequence:UInt64}))
            ORDER BY found_ms DESC, gateway DESC, epoch DESC, lane DESC, sequence DESC
            LIMIT {limit:UInt32}
            UNION ALL
            SELECT gateway, epoch, lane, sequence,
                least(toInt64(uptime) + arraySort(r -> (abs(toInt64(r.1) - toInt64(uptime)), -toInt64(r.1), -r.2), readings)[1].2, stored_ms + 86400000) AS found_ms
            FROM
            (
                SELECT gateway, epoch, lane, sequence, boot, uptime, stored_ms
                FROM events
                WHERE clock = 'unsynced' AND time_ms = received_ms
                  AND stored_ms >= {from:Int64} - 86400000
                  AND (gateway, boot) IN (SELECT gateway, boot FROM clocks WHERE offset_ms <= {through:Int64})
                  AND boot IN (SELECT boot FROM clocks WHERE offset_ms <= {through:Int64})
                  AND ({site:String} = '' OR site = {site:String})
                  AND ({gateway:String} = '' OR gateway = {gateway:String})
                  AND ({device:String} = '' OR device = {device:String})
                  AND ({type:String} = '' OR type = {type:String})
                  AND ({lane:String} = '' OR lane = {lane:String})
            ) AS unsynced
            INNER JOIN (SELECT gateway, boot, readings FROM known_clocks WHERE {gateway:String} = '' OR gateway = {gateway:String}) AS known USING (gateway, boot)
            WHERE found_ms >= {from:Int64} AND found_ms <= {through:Int64}
              AND ({after:UInt8} = 0 OR (found_ms, gateway, epoch, lane, sequence)
                < ({after_time:Int64}, {after_gateway:String}, {after_epoch:String}, {after_lane:String}, {after_sequence:UInt64}))
            ORDER BY found_ms DESC, gateway DESC, epoch DESC, lane DESC, sequence DESC
            LIMIT {limit:UInt32}
        )
        ORDER BY found_ms DESC, gateway DESC, epoch DESC, lane DESC, sequence DESC
        LIMIT {limit:UInt32}
    )
) AS page
LEFT JOIN (SELECT gateway, boot, readings FROM known_clocks WHERE {gateway:String} = '' OR gateway = {gateway:String}) AS known USING (gateway, boot)
WHERE at_ms >= {from:Int64} AND at_ms <= {through:Int64}
  AND ({site:String} = '' OR site = {site:String})
  AND ({gateway:String} = '' OR gateway = {gateway:String})
  AND ({device:String} = '' OR device = {device:String})
  AND ({type:String} = '' OR type = {type:String})
  AND ({lane:String} = '' OR lane = {lane:String})
  AND ({after:UInt8} = 0 OR (at_ms, gateway, epoch, lane, sequence)
    < ({after_time:Int64}, {after_gateway:String}, {after_epoch:String}, {after_lane:String}, {after_sequence:UInt64}))
ORDER BY at_ms DESC, gateway DESC, epoch DESC, lane DESC, sequence DESC
LIMIT {limit:UInt32}
