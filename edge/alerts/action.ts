/**
 * What the site does by itself when an alarm changes. Those of every site are classes in actions/registry.ts; those that a
 * site's document lists are of a kind (action-kind.ts).
 *
 * Always: `perform` returns at once and never throws: whatever needs the network or the disk goes on behind it, with
 * its own limit, so that no action makes an alert or another action wait.
 */
import type { Clock, Uptime, WallTime } from '@forpost/shared/clock.ts';
import type { AlertData } from '@forpost/shared/event/event.ts';
import type { Logger } from '@forpost/shared/logging.ts';
import type { Message } from '@forpost/shared/texts/message.ts';
import type { LocalPublisher } from '../broker/local-publisher.ts';

export interface Alert {
  readonly data: AlertData;
  /** when it happened, ms since 1970 */
  readonly time: number;
  /** when the gateway took the message that set it off */
  readonly received: WallTime;
  readonly uptime: Uptime;
}

/** An alert as local programs get it: the event's data with its times, ms since 1970. */
export function messageOfAlert({ data, time, received }: Alert): AlertMessage {
  return { ...data, time, received };
}

/** One change for local programs. */
export interface AlertMessage extends AlertData {
  /** when it happened */
  readonly time: number;
  /** when the gateway took the message that set it off */
  readonly received: WallTime;
}

/** What became of a test, in words. */
export interface ActionResult {
  readonly ok: boolean;
  readonly message: Message;
}

export interface Action {
  readonly name: string;
  perform(alert: Alert): void;
  /** an alarm from before a restart, active or over and not acknowledged: shown again, and nobody is notified anew */
  restore?(alert: Alert): void;
  /**
   * Does what `perform` does, with an alert of a test (`test: true`): one that begins, and one that ends it. Leaves what
   * real alarms have set off. Resolves with what became of it, never rejects. Absent: the action cannot be tried.
   */
  try?(alert: Alert): Promise<ActionResult>;
  /** The site's document has the action no more: undoes what it set off and what is still on. */
  end?(): void;
  /** why the action does not work at present, in words; undefined: it works */
  problem?(): Message | undefined;
  stop(): Promise<void>;
}

/** What actions are built from. */
export interface ActionParts {
  readonly publisher: LocalPublisher;
  readonly logger: Logger;
  /** absent in tests of actions that wait for nothing */
  readonly clock?: Clock;
  /** whether a client is subscribed to a topic now; absent: unknown */
  readonly isSubscribed?: (topic: string) => boolean;
}
