/** Statements of `losses`: ranges that are lost with a damaged file and that no gap record has named yet. */
export const insertLoss = `insert into losses (epoch, lane, first, last, reason) values (?, ?, ?, ?, ?)`;
export const selectLosses = `select epoch, lane, first, last, reason from losses order by n`;
export const deleteLosses = `delete from losses`;
