-- A projection of the alerts, for the list of alarms (alarms.sql): of each life of an alarm (an epoch and a lane of its
-- gateway) two rows. kind 0: its newest change, by sequence. kind 1: the change that raised it, or its first one where
-- none did. Of the same change stored twice the first one stays, as in `events`. So what comes again, in any order, ends
-- in the same rows (alarm-states.ts).
-- Numbers and short texts only: the list looks at every alarm there is. Its contents it takes from `events`.
-- Whoever changes a column gives the table another number in its comment: an older one is then built anew.
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

    -- of two rows of one life the one with the higher number stays
    precedence UInt128 MATERIALIZED
        bitShiftLeft(toUInt128(if(kind = 0, sequence, 9223372036854775807 - sequence - if(change = 'raised', 0, 4611686018427387904))), 64)
            + (18446744073709551615 - toUInt64(greatest(stored_ms, 0)))
)
ENGINE = ReplacingMergeTree(precedence)
ORDER BY (kind, gateway, id, epoch, lane)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1
COMMENT 'forpost 1'
