-- Which migrations have run.
CREATE TABLE IF NOT EXISTS schema_versions
(
    version UInt32,
    applied_ms Int64
)
ENGINE = MergeTree
ORDER BY version
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1
