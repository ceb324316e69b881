/** Statements of `events`. */
export const insertEvent = `
insert into events (epoch, lane, seq, type, device, time, received, clock, boot, uptime, data, total_bytes, hash)
values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`;
export const selectTotalBytes = `select total_bytes from events where epoch = ? and lane = ? and seq = ?`;
/** The bytes of a lane in front of its first kept event. */
export const selectBytesBeforeFirst = `
select total_bytes - octet_length(data) from events where epoch = ? and lane = ? order by seq limit 1`;
export const deleteThrough = `delete from events where epoch = ? and lane = ? and seq <= ?`;
/** The last number of a chunk whose event was received before a time. */
export const selectOlderThan = `
select max(seq) from events where epoch = ? and lane = ? and seq <= ? and received < ?`;
/** The columns of an `EventRow` (event-rows.ts). */
const eventRow = `
select epoch, lane, seq as sequence, type, device, time, received, clock, boot, uptime, data,
       total_bytes as totalBytes, hash
from events`;
export const selectEvents = `${eventRow} where epoch = ? and lane = ? and seq > ? order by seq limit ?`;
/** For a file from before version 5: its events have no hash. */
export const selectEventsUnhashed = selectEvents.replace(' hash\n', ' null as hash\n');
export const selectEventsHaveHash = `select 1 from pragma_table_info('events') where name = 'hash'`;
export const selectNewestEvents = `${eventRow} where epoch = ? and lane = ? order by seq desc limit ?`;
export const selectEventsOfLane = `${eventRow} where epoch = ? and lane = ? and seq > ? order by seq`;
export const selectLanesOfEvents = `select distinct epoch, lane from events order by epoch, lane`;
/** Inserts an event that was found on a page, unless the table has its key already. */
export const insertFound = insertEvent.replace('insert into', 'insert or ignore into');
const shape = `seq, time, total_bytes as total, octet_length(data) as bytes from events`;
export const selectFirstFrom = `select ${shape} where epoch = ? and lane = ? and seq >= ? order by seq limit 1`;
export const selectLastThrough = `select ${shape} where epoch = ? and lane = ? and seq <= ? order by seq desc limit 1`;
export const deleteRange = `delete from events where epoch = ? and lane = ? and seq between ? and ?`;
export const selectFirstSequence = `select min(seq) from events where epoch = ? and lane = ?`;
/** The data of events of one type behind a number. */
export const selectEventsOfType = `
select data from events where epoch = ? and lane = ? and seq > ? and type = ? order by seq limit ?`;
