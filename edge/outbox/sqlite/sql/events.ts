/** Statements of `events`. */
export const insertEvent = `
insert into events (epoch, lane, seq, type, device, time, received, clock, boot, uptime, data, total_bytes)
values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`;
export const selectTotalBytes = `select total_bytes from events where epoch = ? and lane = ? and seq = ?`;
/** The bytes of a lane in front of its first event that is still there. */
export const selectBytesBeforeFirst = `
select total_bytes - octet_length(data) from events where epoch = ? and lane = ? order by seq limit 1`;
export const deleteThrough = `delete from events where epoch = ? and lane = ? and seq <= ?`;
/** How far, within a chunk, events are older than a time. */
export const selectOlderThan = `
select max(seq) from events where epoch = ? and lane = ? and seq <= ? and received < ?`;
export const selectEvents = `
select epoch, lane, seq as sequence, type, device, time, received, clock, boot, uptime, data
from events where epoch = ? and lane = ? and seq > ? order by seq limit ?`;
export const selectNewestEvents = `
select epoch, lane, seq as sequence, type, device, time, received, clock, boot, uptime, data
from events where epoch = ? and lane = ? order by seq desc limit ?`;
const shape = `seq, time, total_bytes as total, octet_length(data) as bytes from events`;
export const selectFirstFrom = `select ${shape} where epoch = ? and lane = ? and seq >= ? order by seq limit 1`;
export const selectLastThrough = `select ${shape} where epoch = ? and lane = ? and seq <= ? order by seq desc limit 1`;
export const deleteRange = `delete from events where epoch = ? and lane = ? and seq between ? and ?`;
export const selectFirstSequence = `select min(seq) from events where epoch = ? and lane = ?`;
/** The data of events of one type behind a number. */
export const selectEventsOfType = `
select data from events where epoch = ? and lane = ? and seq > ? and type = ? order by seq limit ?`;
