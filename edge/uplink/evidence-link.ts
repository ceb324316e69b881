import type { ByteGrant } from './messages.ts';

/** A metered link that evidence shares with events. */
export interface EvidenceLink {
  /** how much of so many bytes may go now; what is given counts as sent */
  grant(bytes: number): Promise<ByteGrant>;
  /** so many bytes were on the wire beyond what was granted */
  spent(bytes: number): void;
}
