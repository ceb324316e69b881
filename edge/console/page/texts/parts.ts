/** Which parts of the catalogue the page loads before its first paint, and which after it. Types alone. */
import type { Wording } from '@forpost/shared/texts/texts.ts';

export type OwnParts = { readonly [P in 'common' | 'gateway-page' | 'alarm']: Wording<P> };
export type SentParts = { readonly [P in 'gateway' | 'reason' | 'foreign' | 'mistake']: Wording<P> };
