/** The step of an area's address behind which a new entry is made; no id looks like it. */
export const addStep = '+';
