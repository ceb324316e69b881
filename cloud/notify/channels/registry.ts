/** The kinds of channels. A new one is one file beside this and one line here. */
import type { Clock } from '@forpost/shared/clock.ts';
import type { CloudConfig } from '../../config/config.ts';
import type { Route } from '../notifier.ts';

/** The routes of a configuration's `notify` list. */
export function createRoutes(_notify: CloudConfig['notify'], _clock: Clock): readonly Route[] {
  return [];
}
