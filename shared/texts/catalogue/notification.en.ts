/** English texts of what the centre sends to people. See ../texts.ts for the rules of a key. */
export const notificationEn = {} as const;
