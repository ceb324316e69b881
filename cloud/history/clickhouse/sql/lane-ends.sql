SELECT gateway, epoch, lane, max(assigned) AS assigned, max(acknowledged) AS acknowledged, min(begun) AS begun
FROM lane_ends
WHERE gateway = {gateway:String}
GROUP BY gateway, epoch, lane
ORDER BY epoch, lane
