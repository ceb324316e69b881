-- A chart reads one device's rows, not the hundred others' that its gateway sends between them; with what it takes to
-- know which of them have a corrected time.
ALTER TABLE events
    ADD PROJECTION IF NOT EXISTS charts
    (
        SELECT device, type, time_ms, gateway, epoch, lane, sequence, channel, quality, `values`, clock, boot, received_ms
        ORDER BY device, type, time_ms
    )
