/** Statements of `cursors`: how far each sink has called each lane safe. */
export const selectCursors = `select sink, epoch, lane, acked from cursors`;
export const insertCursor = `
insert into cursors (sink, epoch, lane, acked, total_bytes) values (?, ?, ?, ?, ?)
on conflict do nothing`;
/** A cursor only moves forward. */
export const moveCursor = `
insert into cursors (sink, epoch, lane, acked, total_bytes) values (?, ?, ?, ?, ?)
on conflict (sink, epoch, lane) do update set acked = excluded.acked, total_bytes = excluded.total_bytes
where excluded.acked > cursors.acked`;
export const deleteCursors = `delete from cursors where epoch = ? and lane = ?`;
export const selectBacklog = `
select l.epoch, l.lane, l.next_seq - 1 as assigned, coalesce(c.acked, 0) as acknowledged,
       l.total_bytes - coalesce(c.total_bytes, 0) as bytes
from lanes l left join cursors c on c.sink = ? and c.epoch = l.epoch and c.lane = l.lane
where l.next_seq - 1 > coalesce(c.acked, 0)
order by l.start, l.lane`;
