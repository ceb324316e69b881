/** English texts of the gateway’s page. See ../texts.ts for the rules of a key. */
export const gatewayPageEn = {} as const;
