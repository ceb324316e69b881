/** Russian texts of alarms: what a gateway’s rules tell people. */
import type { Wording } from '../texts.ts';

export const alarmRu = {} as const satisfies Wording<'alarm'>;
