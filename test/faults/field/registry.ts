/** The suites of `npm run faults -- --field`, which runs them one after the other. */
import { cameras } from './cameras.ts';
import { deviceMessages } from './device-messages.ts';
import type { FieldSuite } from './suite.ts';

export const fieldSuites: readonly FieldSuite[] = [deviceMessages, cameras];
