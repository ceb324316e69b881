import type { ByteGrant } from './messages.ts';

/** A metered link that evidence shares with events. */
export interface EvidenceLink {
  /** How many of `bytes` may go now. Granted bytes count as sent. */
  grant(bytes: number): Promise<ByteGrant>;
  /** `bytes` more were on the wire than were granted. */
  spent(bytes: number): void;
}
