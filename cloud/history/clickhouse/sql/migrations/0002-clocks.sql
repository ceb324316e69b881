-- What clock events say, so that a query can correct earlier times of the same boot without looking for them among all
-- events. Written before the clock event itself, so a stored clock event is always here too. `uptime`: ms of the boot's
-- monotonic clock; true time = uptime + offset_ms.
CREATE TABLE IF NOT EXISTS clocks
(
    gateway LowCardinality(String),
    boot String,
    uptime UInt64,
    offset_ms Int64
)
ENGINE = ReplacingMergeTree
ORDER BY (gateway, boot, uptime, offset_ms)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1
