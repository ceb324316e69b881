/**
 * What the site does by itself when an alarm changes. A new action is one file in actions/ and one line in
 * actions/registry.ts.
 *
 * Always: `perform` returns at once and never throws: whatever needs the network or the disk goes on behind it, with
 * its own limit, so that no action makes an alert or another action wait.
 */
import type { Uptime, WallTime } from '@forpost/shared/clock.ts';
import type { AlertData } from '@forpost/shared/event/event.ts';

export interface Alert {
  readonly data: AlertData;
  /** when it happened, ms since 1970 */
  readonly time: number;
  /** when the gateway took the message that set it off */
  readonly received: WallTime;
  readonly uptime: Uptime;
}

export interface Action {
  readonly name: string;
  perform(alert: Alert): void;
  /** an alarm from before a restart, active or over and not acknowledged: shown again, and nobody is notified anew */
  restore?(alert: Alert): void;
  stop(): Promise<void>;
}
