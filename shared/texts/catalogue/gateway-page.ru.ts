/** Russian texts of the gateway’s page. */
import type { Wording } from '../texts.ts';

export const gatewayPageRu = {} as const satisfies Wording<'gateway-page'>;
