/** English texts of alarms: what a gateway’s rules tell people. See ../texts.ts for the rules of a key. */
export const alarmEn = {} as const;
