/** Statements of `recent`: the ids that devices gave their own events, the newest of each device. */
export const insertRecent = `insert into recent (device, id) values (?, ?) on conflict do nothing`;
export const countRecent = `select device, count(*) as count from recent group by device`;
export const deleteOldestRecent = `
delete from recent where n in (select n from recent where device = ? order by n limit ?)`;
export const selectNewestRecent = `select device, id from recent order by n desc limit ?`;
export const selectRecent = `select 1 from recent where device = ? and id = ?`;
