/** What a cell of the motion grid is in one frame: unchanged, lit otherwise than before, or covered by a thing. */
export const cellKinds = { still: 0, light: 1, thing: 2 } as const;
