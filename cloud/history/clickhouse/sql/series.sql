-- One metric of one device by steps, by corrected time where a correction is known (corrected.ts, events.sql). Readings
-- whose own time counts come from the projection by device (so without FINAL); to these the query adds unsynced readings
-- of boots whose clock is known. LIMIT 1 BY the event's key removes duplicates that are not merged yet. Readings that a
-- device or a check called bad or implausible do not count.
SELECT
    multiIf(
        {unit:String} = 'month', toUnixTimestamp64Milli(toDateTime64(toStartOfInterval(time, toIntervalMonth({steps:UInt32}), {timezone:String}), 3, {timezone:String})),
        {unit:String} = 'week', toUnixTimestamp64Milli(toDateTime64(toStartOfInterval(time, toIntervalWeek({steps:UInt32}), {timezone:String}), 3, {timezone:String})),
        {unit:String} = 'day', toUnixTimestamp64Milli(toDateTime64(toStartOfInterval(time, toIntervalDay({steps:UInt32}), {timezone:String}), 3, {timezone:String})),
        {unit:String} = 'hour', toUnixTimestamp64Milli(toDateTime64(toStartOfInterval(time, toIntervalHour({steps:UInt32}), {timezone:String}), 3, {timezone:String})),
        {unit:String} = 'minute', toUnixTimestamp64Milli(toDateTime64(toStartOfInterval(time, toIntervalMinute({steps:UInt32}), {timezone:String}), 3, {timezone:String})),
        intDiv(at_ms, {steps:UInt32} * 1000) * {steps:UInt32} * 1000
    ) AS start,
    multiIf(
        {aggregate:String} = 'avg', avg(value),
        {aggregate:String} = 'min', min(value),
        {aggregate:String} = 'max', max(value),
        {aggregate:String} = 'sum', sum(value),
        {aggregate:String} = 'last', argMax(value, (at_ms, sequence)),
        toFloat64(count())
    ) AS value
FROM
(
    SELECT at_ms, gateway, epoch, lane, sequence, value, fromUnixTimestamp64Milli(at_ms, 'UTC') AS time
    FROM
    (
        SELECT time_ms AS at_ms, gateway, epoch, lane, sequence, `values`[{metric:String}] AS value
        FROM events
        WHERE device = {device:String} AND type = 'forpost.reading.v1'
          AND time_ms >= {from:Int64} AND time_ms < {to:Int64}
          AND ({gateway:String} = '' OR gateway = {gateway:String})
          AND ({any_channel:UInt8} = 1 OR channel = {channel:String})
          AND quality NOT IN ('bad', 'implausible')
          AND mapContains(`values`, {metric:String})
          AND NOT (clock = 'unsynced' AND time_ms = received_ms AND (gateway, boot) IN (SELECT gateway, boot FROM clocks))
        UNION ALL
        SELECT
            least(toInt64(uptime) + arraySort(r -> (abs(toInt64(r.1) - toInt64(uptime)), -toInt64(r.1), -r.2), readings)[1].2,
                stored_ms + 86400000) AS at_ms,
            gateway, epoch, lane, sequence, `values`[{metric:String}] AS value
        FROM events
        INNER JOIN (SELECT gateway, boot, readings FROM known_clocks WHERE {gateway:String} = '' OR gateway = {gateway:String}) AS known
          USING (gateway, boot)
        WHERE device = {device:String} AND type = 'forpost.reading.v1'
          AND clock = 'unsynced' AND time_ms = received_ms
          AND stored_ms >= {from:Int64} - 86400000
          AND (gateway, boot) IN (SELECT gateway, boot FROM clocks WHERE offset_ms <= {to:Int64})
          AND boot IN (SELECT boot FROM clocks WHERE offset_ms <= {to:Int64})
          AND at_ms >= {from:Int64} AND at_ms < {to:Int64}
          AND ({gateway:String} = '' OR gateway = {gateway:String})
          AND ({any_channel:UInt8} = 1 OR channel = {channel:String})
          AND quality NOT IN ('bad', 'implausible')
          AND mapContains(`values`, {metric:String})
    )
    LIMIT 1 BY gateway, epoch, lane, sequence
)
GROUP BY start
ORDER BY start
LIMIT {limit:UInt32}
SETTINGS enable_extended_results_for_datetime_functions = 1
