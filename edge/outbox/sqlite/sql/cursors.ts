/** Statements of `cursors`: how far each sink has called each lane safe. */
export const selectCursors = `select sink, epoch, lane, acked from cursors`;
/** With all columns that the hash covers. */
export const selectCursorRows = `select sink, epoch, lane, acked, total_bytes as bytes, hash from cursors`;
export const deleteCursor = `delete from cursors where sink = ? and epoch = ? and lane = ?`;
/** A cursor only moves forward. */
export const moveCursor = `
insert into cursors (sink, epoch, lane, acked, total_bytes, hash) values (?, ?, ?, ?, ?, ?)
on conflict (sink, epoch, lane) do update set acked = excluded.acked, total_bytes = excluded.total_bytes, hash = excluded.hash
where excluded.acked > cursors.acked`;
export const deleteCursors = `delete from cursors where epoch = ? and lane = ?`;
/** A hole around a cursor counts only above the cursor. */
export const selectBacklog = `
select l.epoch, l.lane, l.next_seq - 1 as assigned, coalesce(c.acked, 0) as acknowledged,
       max(0, l.total_bytes - coalesce(c.total_bytes, 0) - coalesce(sum(h.bytes), 0)) as bytes,
       coalesce(sum(min(h.count, h.last - coalesce(c.acked, 0))), 0) as shed
from lanes l
left join cursors c on c.sink = ? and c.epoch = l.epoch and c.lane = l.lane
left join holes h on h.epoch = l.epoch and h.lane = l.lane and h.last > coalesce(c.acked, 0)
where l.next_seq - 1 > coalesce(c.acked, 0)
group by l.epoch, l.lane
order by l.start, l.lane`;
/** Lanes whose end the cursor of a sink has reached. */
export const selectDrained = `
select l.epoch, l.lane, l.next_seq - 1 as assigned, l.next_seq - 1 as acknowledged, 0 as bytes
from lanes l
join cursors c on c.sink = ? and c.epoch = l.epoch and c.lane = l.lane
where l.next_seq > 1 and c.acked >= l.next_seq - 1
order by l.start desc, l.lane
limit ?`;
/** Every lane with its last number that all of these sinks (a JSON array of names) have called safe. */
export const selectUndelivered = `
select l.epoch, l.lane, l.start, l.next_seq as next,
       coalesce((select min(coalesce(c.acked, 0)) from json_each(?) s
                 left join cursors c on c.sink = s.value and c.epoch = l.epoch and c.lane = l.lane), l.next_seq - 1) as acked,
       (select min(first) from holes h where h.epoch = l.epoch and h.lane = l.lane) as hole
from lanes l order by l.start, l.lane`;
/** For each epoch of a lane the numbers that may still be in the file, delivered or not. */
export const selectKept = `
select l.epoch, l.first_seq as first, l.next_seq - 1 as last, coalesce(c.acked, 0) as acknowledged
from lanes l left join cursors c on c.sink = ? and c.epoch = l.epoch and c.lane = l.lane
where l.lane = ? and l.next_seq > l.first_seq
order by l.start`;
