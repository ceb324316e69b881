/** Russian texts of what the centre sends to people. */
import type { Wording } from '../texts.ts';

export const notificationRu = {} as const satisfies Wording<'notification'>;
