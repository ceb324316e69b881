INSERT INTO clocks
SELECT gateway, boot, uptime, toInt64(round(JSONExtractFloat(data, 'offset_ms')))
FROM events
WHERE type = 'forpost.clock.v1' AND JSONExtractString(data, 'boot') = boot
  AND JSONType(data, 'offset_ms') IN ('Int64', 'UInt64', 'Double')
  AND abs(JSONExtractFloat(data, 'offset_ms')) <= 8640000000000000
