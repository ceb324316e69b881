/** Statements that copy an outbox into a new file: whole rows with their hashes, in the order of their columns. */
import { sessionTables } from './sessions.ts';

/** Tables that are copied whole. */
export const copiedTables = [
  ...['dead_letters', 'recent', 'reused_ids', 'redeliveries', 'losses'],
  ...['sessions', ...sessionTables, 'retained'],
];

export const selectColumns = `select name from pragma_table_info(?)`;
export const selectAll = (table: string, columns: readonly string[]) => `select ${columns.join(', ')} from ${table}`;
export const insertAll = (table: string, columns: readonly string[]) =>
  `insert into ${table} (${columns.join(', ')}) values (${columns.map(() => '?').join(', ')})`;

/** Columns in the order of `insertEvent`. */
export const selectEventRows = `
select epoch, lane, seq, type, device, time, received, clock, boot, uptime, data, total_bytes, hash
from events where epoch = ? and lane = ? and seq >= ? order by seq`;
export const selectFirstFrom = `select min(seq) from events where epoch = ? and lane = ? and seq >= ?`;
export const selectBytesBefore = `
select total_bytes - octet_length(data) from events where epoch = ? and lane = ? and seq >= ? order by seq limit 1`;
/** Columns in the order of `insertHole`. */
export const selectHoleRows = `
select epoch, lane, first, last, count, bytes, hash from holes where epoch = ? and lane = ? and last >= ?`;
export const selectCursorRows = `
select sink, epoch, lane, acked, total_bytes, hash from cursors where epoch = ? and lane = ?`;
export const insertCursor = `insert into cursors (sink, epoch, lane, acked, total_bytes, hash) values (?, ?, ?, ?, ?, ?)`;
