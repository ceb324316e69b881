/** The suites that `npm run faults -- --field` runs, one after the other. */
import { deviceMessages } from './device-messages.ts';
import type { FieldSuite } from './suite.ts';

export const fieldSuites: readonly FieldSuite[] = [deviceMessages];
