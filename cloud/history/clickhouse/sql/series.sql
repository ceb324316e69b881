-- One metric of one device by steps. Without FINAL, so that the projection by device serves it; LIMIT 1 BY the event's
-- key takes out duplicates that are not merged yet. What a device or a check called bad or implausible does not count.
SELECT
    multiIf(
        {unit:String} = 'month', toUnixTimestamp64Milli(toDateTime64(toStartOfInterval(time, toIntervalMonth({steps:UInt32}), {timezone:String}), 3, {timezone:String})),
        {unit:String} = 'week', toUnixTimestamp64Milli(toDateTime64(toStartOfInterval(time, toIntervalWeek({steps:UInt32}), {timezone:String}), 3, {timezone:String})),
        {unit:String} = 'day', toUnixTimestamp64Milli(toDateTime64(toStartOfInterval(time, toIntervalDay({steps:UInt32}), {timezone:String}), 3, {timezone:String})),
        {unit:String} = 'hour', toUnixTimestamp64Milli(toDateTime64(toStartOfInterval(time, toIntervalHour({steps:UInt32}), {timezone:String}), 3, {timezone:String})),
        {unit:String} = 'minute', toUnixTimestamp64Milli(toDateTime64(toStartOfInterval(time, toIntervalMinute({steps:UInt32}), {timezone:String}), 3, {timezone:String})),
        intDiv(time_ms, {steps:UInt32} * 1000) * {steps:UInt32} * 1000
    ) AS start,
    multiIf(
        {aggregate:String} = 'avg', avg(value),
        {aggregate:String} = 'min', min(value),
        {aggregate:String} = 'max', max(value),
        {aggregate:String} = 'sum', sum(value),
        {aggregate:String} = 'last', argMax(value, (time_ms, sequence)),
        toFloat64(count())
    ) AS value
FROM
(
    SELECT time_ms, gateway, epoch, lane, sequence, `values`[{metric:String}] AS value,
        fromUnixTimestamp64Milli(time_ms, 'UTC') AS time
    FROM events
    WHERE device = {device:String} AND type = 'forpost.reading.v1'
      AND time_ms >= {from:Int64} AND time_ms < {to:Int64}
      AND ({gateway:String} = '' OR gateway = {gateway:String})
      AND ({any_channel:UInt8} = 1 OR channel = {channel:String})
      AND quality NOT IN ('bad', 'implausible')
      AND mapContains(`values`, {metric:String})
    LIMIT 1 BY gateway, epoch, lane, sequence
)
GROUP BY start
ORDER BY start
LIMIT {limit:UInt32}
SETTINGS enable_extended_results_for_datetime_functions = 1
