/** Russian texts of the centre’s page. */
import type { Wording } from '../texts.ts';

export const centrePageRu = {} as const satisfies Wording<'centre-page'>;
