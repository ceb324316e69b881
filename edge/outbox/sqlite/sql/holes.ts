/** Statements of `holes`: ranges of undelivered events that were shed, or damaged. */
export const insertHole = `
insert or replace into holes (epoch, lane, first, last, count, bytes, hash) values (?, ?, ?, ?, ?, ?, ?)`;
/** With all columns that the hash covers. */
export const selectHoleRows = `select epoch, lane, first, last, count, bytes, hash from holes order by epoch, lane, first`;
export const deleteHole = `delete from holes where epoch = ? and lane = ? and first = ?`;
/** The holes of a lane behind a number, in order. */
export const selectHolesOf = `select first, last from holes where epoch = ? and lane = ? and last > ? order by first`;
/** The first number of the hole that ends at a number. */
export const selectHoleBefore = `select first from holes where epoch = ? and lane = ? and last = ?`;
export const selectHolesWithin = `
select coalesce(sum(count), 0) as count, coalesce(sum(bytes), 0) as bytes
from holes where epoch = ? and lane = ? and first >= ? and last <= ?`;
/** How many events behind a number are in holes; a hole around the number counts in part. */
export const countGoneAfter = `
select coalesce(sum(min(count, last - ?)), 0) from holes where epoch = ? and lane = ? and last > ? and last <= ?`;
export const deleteHolesWithin = `delete from holes where epoch = ? and lane = ? and first >= ? and last <= ?`;
export const deleteHolesThrough = `delete from holes where epoch = ? and lane = ? and last <= ?`;
export const deleteHoles = `delete from holes where epoch = ? and lane = ?`;
export const selectLanesWithHoles = `select distinct epoch, lane from holes`;
