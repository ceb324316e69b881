/** Statements of `dead_letters`: the newest messages that no decoder could read. */
export const insertDeadLetter = `
insert into dead_letters (device, topic, payload, received, reason, hash) values (?, ?, ?, ?, ?, ?)`;
export const countDeadLetters = `select count(*) as count, coalesce(sum(length(payload)), 0) as bytes from dead_letters`;
export const deleteOldestDeadLetter = `
delete from dead_letters where n = (select min(n) from dead_letters) returning length(payload)`;
export const selectDeadLetters = `
select device, topic, payload, received, reason, hash from dead_letters order by n desc limit ?`;
/** Scans the letters from the newest on: they are few (writer/dead-letter-box.ts). */
export const selectDeadLettersOf = `
select device, topic, payload, received, reason, hash from dead_letters where device = ? order by n desc limit ?`;
