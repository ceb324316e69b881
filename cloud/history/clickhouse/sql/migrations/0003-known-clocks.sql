-- The clock readings of each boot, by uptime; the first 1,000 count.
CREATE VIEW IF NOT EXISTS known_clocks AS
SELECT gateway, boot, groupArraySorted(1000)((uptime, offset_ms)) AS readings
FROM (SELECT DISTINCT gateway, boot, uptime, offset_ms FROM clocks)
GROUP BY gateway, boot
