-- To find what is to be corrected (unsynced events of boots whose clock is known) without reading the rest, and what
-- was stored lately.
ALTER TABLE events
    ADD INDEX IF NOT EXISTS clocks clock TYPE set(2) GRANULARITY 1,
    ADD INDEX IF NOT EXISTS boots boot TYPE set(16) GRANULARITY 1,
    ADD INDEX IF NOT EXISTS stores stored_ms TYPE minmax GRANULARITY 1
