/** Holds an (empty) file until its connection is closed. */
export const takeLock = `begin exclusive`;
