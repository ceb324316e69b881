-- For what was stored before; ClickHouse does it in the background, and until then those parts are read whole.
ALTER TABLE events
    MATERIALIZE INDEX clocks,
    MATERIALIZE INDEX boots,
    MATERIALIZE INDEX stores,
    MATERIALIZE PROJECTION charts
