-- The alarm as `alarm_states` names it, so that the list of alarms compares numbers.
ALTER TABLE acknowledgements ADD COLUMN IF NOT EXISTS id UInt128 MATERIALIZED reinterpretAsUInt128(sipHash128(alarm))
