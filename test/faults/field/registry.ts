/** The suites that `npm run faults -- --field` runs, one after the other. */
import { cameras } from './cameras.ts';
import { deviceMessages } from './device-messages.ts';
import type { FieldSuite } from './suite.ts';

export const fieldSuites: readonly FieldSuite[] = [deviceMessages, cameras];
