/** The Russian texts of messages that the gateway sends. */

import { foreignRu } from '@forpost/shared/texts/catalogue/foreign.ru.ts';
import { gatewayRu } from '@forpost/shared/texts/catalogue/gateway.ru.ts';
import { mistakeRu } from '@forpost/shared/texts/catalogue/mistake.ru.ts';
import { reasonRu } from '@forpost/shared/texts/catalogue/reason.ru.ts';
import type { SentParts } from './parts.ts';

export const sent: SentParts = { gateway: gatewayRu, reason: reasonRu, foreign: foreignRu, mistake: mistakeRu };
