-- What people acknowledged at the centre: its own word, whether the alarm's gateway ever hears of it or not. The first
-- acknowledgement of an alarm stays (`precedence` falls with time). A rebuild leaves the table alone.
CREATE TABLE IF NOT EXISTS acknowledgements
(
    gateway LowCardinality(String),
    alarm String,
    -- a log-in name
    person String,
    -- ms since 1970
    at_ms Int64,
    precedence UInt64 MATERIALIZED 18446744073709551615 - toUInt64(greatest(at_ms, 0))
)
ENGINE = ReplacingMergeTree(precedence)
ORDER BY (gateway, alarm)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1
