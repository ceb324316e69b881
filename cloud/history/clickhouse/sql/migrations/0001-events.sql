-- Every event, one row. The sort key is the whole event key: it makes the ledger's questions (what is there of one
-- lane?) a range of the primary index, and it is what duplicates are merged by. Of two rows with the same key the one
-- that was stored first stays (`precedence` falls with time), so that storing an event again changes nothing.
-- `month` is the month of the insert and the same in all of its rows: one insert is one part, and so all or nothing.
-- Times are exact ms since 1970 (a device's clock may say 1970, 2099 or 9999; DateTime64 ends in 2299).
CREATE TABLE IF NOT EXISTS events
(
    gateway LowCardinality(String),
    epoch String,
    lane LowCardinality(String),
    sequence UInt64,

    site LowCardinality(String),
    device LowCardinality(String),
    type LowCardinality(String),
    time_ms Int64 CODEC(DoubleDelta, ZSTD(1)),
    received_ms Int64 CODEC(DoubleDelta, ZSTD(1)),
    stored_ms Int64 CODEC(Delta, ZSTD(1)),
    clock LowCardinality(String),
    boot LowCardinality(String),
    uptime UInt64 CODEC(Delta, ZSTD(1)),

    -- of readings: numbers, and booleans as 0 and 1
    channel LowCardinality(String),
    quality LowCardinality(String),
    `values` Map(LowCardinality(String), Float64),
    -- of alerts
    alarm String,
    change LowCardinality(String),
    active Bool,

    -- JSON: attributes that no column holds, or holds only in another form
    rest String CODEC(ZSTD(1)),
    -- JSON text
    data String CODEC(ZSTD(1)),

    precedence UInt64 MATERIALIZED 18446744073709551615 - toUInt64(stored_ms),
    month UInt32 MATERIALIZED toYYYYMM(fromUnixTimestamp64Milli(stored_ms, 'UTC')),

    INDEX times time_ms TYPE minmax GRANULARITY 1,
    INDEX types type TYPE set(32) GRANULARITY 1,
    INDEX devices device TYPE set(64) GRANULARITY 1,

    -- a chart reads one device's rows, not the twelve or the hundred that its gateway sends between them
    PROJECTION readings
    (
        SELECT device, type, time_ms, gateway, epoch, lane, sequence, channel, quality, `values`
        ORDER BY device, type, time_ms
    ),
    PROJECTION lanes (SELECT gateway, epoch, lane, count() GROUP BY gateway, epoch, lane),
    PROJECTION metrics
    (
        SELECT site, gateway, device, channel, mapKeys(`values`), max(stored_ms)
        GROUP BY site, gateway, device, channel, mapKeys(`values`)
    )
)
ENGINE = ReplacingMergeTree(precedence)
PARTITION BY month
ORDER BY (gateway, epoch, lane, sequence)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, deduplicate_merge_projection_mode = 'rebuild'
