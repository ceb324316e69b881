/** The kind of a cell of the motion grid in one frame: unchanged, changed by light, or covered by a thing. */
export const cellKinds = { still: 0, light: 1, thing: 2 } as const;
