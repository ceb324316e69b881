/**
 * What the main thread asks of the thread that rehearses rules, and its one answer. Plain data; a large site crosses as
 * text (site/document-lines.ts), which the main thread writes in slices.
 */
import type { Message } from '@forpost/shared/texts/message.ts';
import type { RuleConfig, Site } from '../../site/site.ts';
import type { Rehearsed } from './rehearsal.ts';

export interface RehearsalQuestion {
  readonly file: string;
  readonly site: Site;
  /** rules as they would be, and as they stand */
  readonly drafted: readonly RuleConfig[];
  readonly standing: readonly RuleConfig[];
  /** ms since 1970 */
  readonly from: number;
  readonly now: number;
  /** of this boot's monotonic clock at `now` */
  readonly uptime: number;
  /** events that are read at most, and ms that may pass */
  readonly mostEvents: number;
  readonly mostMs: number;
}

/** How a question crosses. */
export interface PostedQuestion extends Omit<RehearsalQuestion, 'site'> {
  /** lines of a document without secrets */
  readonly lines: string;
}

export interface RehearsalAnswer {
  readonly drafted: Rehearsed;
  readonly standing: Rehearsed;
  /** begin of the time that was asked for, ms since 1970 */
  readonly from: number;
  /** receipt of the first and the last event that was examined, ms since 1970; absent: there was none */
  readonly first?: number;
  readonly last?: number;
  /** events that were read */
  readonly events: number;
  /** what limits the answer, a sentence each */
  readonly limits: readonly Message[];
}
