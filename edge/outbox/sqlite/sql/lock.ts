/** Holds an (empty) file until its connection is closed. */
export const acquireLock = `begin exclusive`;
