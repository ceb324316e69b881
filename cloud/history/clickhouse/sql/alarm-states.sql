-- The alarm states, for the list of alarms (alarms.sql): two rows for each life of an alarm (one epoch and lane of its
-- gateway). kind 0: the newest change, by sequence. kind 1: the change that raised the alarm, or else its first change.
-- If the same change is stored twice, the first row stays, as in `events`. So repeated alerts, in any order, lead to the
-- same rows (alarm-states.ts).
-- The table holds only numbers and short texts, because the list scans every alarm. The list reads contents from `events`.
-- After a change of a column, raise the number in the table's comment: then an older table is built anew.
CREATE TABLE alarm_states_building
(
    kind UInt8,
    gateway LowCardinality(String),
    alarm String,
    id UInt128 MATERIALIZED reinterpretAsUInt128(sipHash128(alarm)),
    epoch LowCardinality(String),
    lane LowCardinality(String),
    sequence UInt64,

    site LowCardinality(String),
    change LowCardinality(String),
    active Bool,
    urgency UInt8,
    time_ms Int64,
    received_ms Int64,
    stored_ms Int64,
    clock LowCardinality(String),
    boot LowCardinality(String),
    uptime UInt64,

    -- among the rows of one life, the highest precedence stays
    precedence UInt128 MATERIALIZED
        bitShiftLeft(toUInt128(if(kind = 0, sequence, 9223372036854775807 - sequence - if(change = 'raised', 0, 4611686018427387904))), 64)
            + (18446744073709551615 - toUInt64(greatest(stored_ms, 0)))
)
ENGINE = ReplacingMergeTree(precedence)
ORDER BY (kind, gateway, id, epoch, lane)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1
COMMENT 'forpost 1'
