/** Statements of `recent`: the ids that devices gave their own events, the newest of each device; and `reused_ids`. */
export const insertRecent = `insert into recent (device, id, content) values (?, ?, ?)`;
export const selectContent = `select content from recent where device = ? and id = ?`;
export const deleteRecent = `delete from recent where device = ? and id = ?`;
export const countRecent = `select device, count(*) as count from recent group by device`;
export const deleteOldestRecent = `
delete from recent where n in (select n from recent where device = ? order by n limit ?)`;
export const selectNewestRecent = `select device, id, content from recent where content <> 0 order by n desc limit ?`;
export const selectRecent = `select 1 from recent where device = ? and id = ?`;
export const addReused = `
insert into reused_ids (device, count, last_at) values (?, ?, ?)
on conflict (device) do update set count = count + excluded.count, last_at = excluded.last_at
returning device, count, last_at as lastAt`;
export const selectReused = `select device, count, last_at as lastAt from reused_ids`;
