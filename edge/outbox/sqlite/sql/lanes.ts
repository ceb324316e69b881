/** Statements of `lanes`: one row for each lane of each epoch that still has something in the file. */
export const insertLane = `
insert into lanes (epoch, lane, start, first_seq, next_seq, total_bytes, hash) values (?, ?, ?, ?, ?, ?, ?)`;
/** Oldest epoch first, alerts before telemetry (which is also their alphabetical order). */
export const selectLanes = `
select epoch, lane, start, first_seq as first, next_seq as next, total_bytes as bytes
from lanes order by start, lane`;
/** With all columns that the hash covers. */
export const selectLaneRows = `
select epoch, lane, start, first_seq as first, next_seq as next, total_bytes as bytes, hash
from lanes order by start, lane`;
export const updateLane = `
update lanes set first_seq = ?, next_seq = ?, total_bytes = ?, hash = ? where epoch = ? and lane = ?`;
export const deleteLane = `delete from lanes where epoch = ? and lane = ?`;
/** Oldest first. */
export const selectLivingEpochs = `select epoch from lanes group by epoch order by min(start)`;
/** Epochs with events in their alerts lane, oldest first. */
export const selectNamingEpochs = `
select epoch from lanes where lane = 'alerts' and first_seq < next_seq order by start`;
/** Epochs of a lane, newest first. */
export const selectEpochs = `select epoch from lanes where lane = ? order by start desc`;
/** The last number given. */
export const selectLastOf = `select next_seq - 1 from lanes where epoch = ? and lane = ?`;
/** The first kept number: events in front of it are delivered and deleted. */
export const selectFirstOf = `select first_seq from lanes where epoch = ? and lane = ?`;
