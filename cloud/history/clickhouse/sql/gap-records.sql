-- The gap records of one gateway, oldest first.
SELECT site, gateway, epoch, lane, sequence, device, type, time_ms, received_ms, stored_ms, clock, boot, uptime, rest, data
FROM events FINAL
WHERE gateway = {gateway:String} AND type = 'forpost.gap.v1'
ORDER BY received_ms, epoch, sequence
LIMIT {limit:UInt32}
SETTINGS max_execution_time = 0
