-- What gap records say about one lane; they travel in the alerts lane, often in a later epoch.
SELECT data
FROM events FINAL
WHERE gateway = {gateway:String} AND type = 'forpost.gap.v1'
  AND JSONExtractString(data, 'epoch') = {epoch:String} AND JSONExtractString(data, 'lane') = {lane:String}
ORDER BY received_ms, epoch, sequence
LIMIT {limit:UInt32}
SETTINGS max_execution_time = 0
