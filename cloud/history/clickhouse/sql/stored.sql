-- Events of one lane by their numbers; `sequences` is a list as text ("3,7,8").
SELECT site, gateway, epoch, lane, sequence, device, type, time_ms, received_ms, stored_ms, clock, boot, uptime, rest, data
FROM events FINAL
WHERE gateway = {gateway:String} AND epoch = {epoch:String} AND lane = {lane:String}
  AND sequence >= {from:UInt64} AND sequence <= {through:UInt64}
  AND has(splitByChar(',', {sequences:String}), toString(sequence))
ORDER BY sequence
