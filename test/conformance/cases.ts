/** All cases, in the order of the standard's sections. */
import type { Case } from './case.ts';
import { aliasCases } from './cases/aliases.ts';
import { connectCases } from './cases/connect.ts';
import { limitCases } from './cases/limits.ts';
import { malformedCases } from './cases/malformed.ts';
import { optionCases } from './cases/options.ts';
import { connectCases as connectPropertyCases } from './cases/properties/connect.ts';
import { othersCases } from './cases/properties/others.ts';
import { publishCases as publishPropertyCases } from './cases/properties/publish.ts';
import { publishCases } from './cases/publish.ts';
import { reasonCases } from './cases/reasons.ts';
import { retainedCases } from './cases/retained.ts';
import { sessionCases } from './cases/sessions.ts';
import { subscribeCases } from './cases/subscribe.ts';
import { topicCases } from './cases/topics.ts';
import { willCases } from './cases/wills.ts';

export const allCases: readonly Case[] = [
  ...connectCases,
  ...malformedCases,
  ...publishCases,
  ...topicCases,
  ...subscribeCases,
  ...retainedCases,
  ...sessionCases,
  ...willCases,
  ...connectPropertyCases,
  ...publishPropertyCases,
  ...othersCases,
  ...optionCases,
  ...aliasCases,
  ...limitCases,
  ...reasonCases,
];
