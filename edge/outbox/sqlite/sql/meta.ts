/** Statements of `meta`: the one row that says which life of the file this is. */
export const insertMeta = `insert into meta (id, epoch, schema, starts) values (1, '', ?, 0)`;
export const selectMeta = `select epoch, schema, starts from meta where id = 1`;
export const selectStarts = `select starts from meta where id = 1`;
export const selectSchema = `select schema from meta where id = 1`;
export const saveSchema = `update meta set schema = ? where id = 1`;
export const beginEpoch = `update meta set epoch = ?, starts = starts + 1 where id = 1 returning starts`;
