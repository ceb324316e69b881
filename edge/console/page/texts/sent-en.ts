/** The English texts of messages that the gateway sends. */

import { foreignEn } from '@forpost/shared/texts/catalogue/foreign.en.ts';
import { gatewayEn } from '@forpost/shared/texts/catalogue/gateway.en.ts';
import { mistakeEn } from '@forpost/shared/texts/catalogue/mistake.en.ts';
import { reasonEn } from '@forpost/shared/texts/catalogue/reason.en.ts';
import type { SentParts } from './parts.ts';

export const sent: SentParts = { gateway: gatewayEn, reason: reasonEn, foreign: foreignEn, mistake: mistakeEn };
