/** The table that recognises redeliveries of QoS 1, and its statements: packed records, a row for each commit. */
export const createRedeliveries = `
create table redeliveries (
  n integer primary key,
  records blob not null
);
`;
export const insertRedeliveries = `insert into redeliveries (records) values (?)`;
export const selectRedeliveries = `select records from redeliveries order by n`;
export const sumRedeliveries = `select coalesce(sum(octet_length(records)), 0) from redeliveries`;
export const deleteRedeliveries = `delete from redeliveries`;
