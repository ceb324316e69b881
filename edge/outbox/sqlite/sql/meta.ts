/** Statements of `meta`: one row with the running epoch and the number of starts. */
export const insertMeta = `insert into meta (id, epoch, schema, starts) values (1, '', ?, 0)`;
export const selectMeta = `select epoch, schema, starts from meta where id = 1`;
export const selectStarts = `select starts from meta where id = 1`;
export const selectSchema = `select schema from meta where id = 1`;
export const saveSchema = `update meta set schema = ? where id = 1`;
/** From version 5 on, which added the column. */
export const saveMetaHash = `update meta set hash = row_hash('meta', epoch, schema, starts) where id = 1`;
/** Whether the row is unaltered; from version 5 on. */
export const selectMetaIsGood = `
select hash is null or hash = row_hash('meta', epoch, schema, starts) from meta where id = 1`;
export const saveStarts = `update meta set starts = ? where id = 1`;
export const beginEpoch = `update meta set epoch = ?, starts = ? where id = 1`;
