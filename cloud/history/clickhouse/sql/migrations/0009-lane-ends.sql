-- How far gateways have said that their lanes are numbered: of what never arrives nothing else tells that it was there.
-- Several centres note here, the same and in any order: of each lane the highest numbers stay. A rebuild leaves it alone.
CREATE TABLE IF NOT EXISTS lane_ends
(
    gateway LowCardinality(String),
    epoch String,
    lane LowCardinality(String),
    assigned SimpleAggregateFunction(max, UInt64),
    acknowledged SimpleAggregateFunction(max, UInt64),
    -- ms since 1970
    begun SimpleAggregateFunction(min, Int64)
)
ENGINE = AggregatingMergeTree
ORDER BY (gateway, epoch, lane)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1
