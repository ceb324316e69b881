/** Statements of `holes`: ranges of undelivered events that were shed. */
export const insertHole = `insert into holes (epoch, lane, first, last, count, bytes) values (?, ?, ?, ?, ?, ?)`;
/** Where the hole begins that ends at a number. */
export const selectHoleBefore = `select first from holes where epoch = ? and lane = ? and last = ?`;
export const selectHolesWithin = `
select coalesce(sum(count), 0) as count, coalesce(sum(bytes), 0) as bytes
from holes where epoch = ? and lane = ? and first >= ? and last <= ?`;
/** How many are gone of what is behind a number; the hole that it is in may have begun in front of it. */
export const countGoneAfter = `
select coalesce(sum(min(count, last - ?)), 0) from holes where epoch = ? and lane = ? and last > ? and last <= ?`;
export const deleteHolesWithin = `delete from holes where epoch = ? and lane = ? and first >= ? and last <= ?`;
export const deleteHolesThrough = `delete from holes where epoch = ? and lane = ? and last <= ?`;
export const deleteHoles = `delete from holes where epoch = ? and lane = ?`;
export const selectLanesWithHoles = `select distinct epoch, lane from holes`;
