-- Copies alerts that were stored at or after `since` from `events` into the alarm states; present rows do not change.
INSERT INTO TABLE_NAME
    (kind, gateway, alarm, epoch, lane, sequence, site, change, active, urgency, time_ms, received_ms, stored_ms, clock, boot, uptime)
SELECT kind, gateway, alarm, epoch, lane, sequence, site, change, active, urgency, time_ms, received_ms, stored_ms, clock, boot, uptime
FROM events
ARRAY JOIN [0, 1] AS kind
WHERE type = 'forpost.alert.v1' AND alarm != '' AND stored_ms >= {since:Int64}
SETTINGS max_execution_time = 0
