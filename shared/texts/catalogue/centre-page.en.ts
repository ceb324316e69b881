/** English texts of the centre’s page. See ../texts.ts for the rules of a key. */
export const centrePageEn = {} as const;
