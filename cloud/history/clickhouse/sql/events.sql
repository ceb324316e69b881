-- One page of events of one slice of time, newest first. An empty text means: any. The row value is the cursor: the
-- last event of the page before. The inner query finds the page's keys in a few narrow columns and without FINAL (15
-- times quicker); of a key that is there twice the outer one takes the row that counts. So a page may come out short
-- before the slice is at its end: whoever asks goes on from its last event until nothing comes.
SELECT site, gateway, epoch, lane, sequence, device, type, time_ms, received_ms, stored_ms, clock, boot, uptime, rest, data
FROM events FINAL
WHERE time_ms >= {from:Int64} AND time_ms <= {through:Int64}
  AND ({site:String} = '' OR site = {site:String})
  AND ({gateway:String} = '' OR gateway = {gateway:String})
  AND ({device:String} = '' OR device = {device:String})
  AND ({type:String} = '' OR type = {type:String})
  AND ({lane:String} = '' OR lane = {lane:String})
  AND ({after:UInt8} = 0 OR (time_ms, gateway, epoch, lane, sequence)
    < ({after_time:Int64}, {after_gateway:String}, {after_epoch:String}, {after_lane:String}, {after_sequence:UInt64}))
  AND (gateway, epoch, lane, sequence) IN
  (
    SELECT gateway, epoch, lane, sequence
    FROM events
    WHERE time_ms >= {from:Int64} AND time_ms <= {through:Int64}
      AND ({site:String} = '' OR site = {site:String})
      AND ({gateway:String} = '' OR gateway = {gateway:String})
      AND ({device:String} = '' OR device = {device:String})
      AND ({type:String} = '' OR type = {type:String})
      AND ({lane:String} = '' OR lane = {lane:String})
      AND ({after:UInt8} = 0 OR (time_ms, gateway, epoch, lane, sequence)
        < ({after_time:Int64}, {after_gateway:String}, {after_epoch:String}, {after_lane:String}, {after_sequence:UInt64}))
    ORDER BY time_ms DESC, gateway DESC, epoch DESC, lane DESC, sequence DESC
    LIMIT {limit:UInt32}
  )
ORDER BY time_ms DESC, gateway DESC, epoch DESC, lane DESC, sequence DESC
LIMIT {limit:UInt32}
