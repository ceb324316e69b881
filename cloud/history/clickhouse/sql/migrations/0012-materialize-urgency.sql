-- For what was stored before; ClickHouse does it in the background, and until then those parts answer from their data.
ALTER TABLE events MATERIALIZE COLUMN urgency
