/** Each quirk that real cameras were reported with, as a switch of the simulated one. */
import type { LoginQuirks } from './camera-login.ts';
import type { Film } from './footage.ts';

export interface CameraQuirks {
  /** default: H.264 with a key frame each second */
  readonly film?: Film;
  /** pictures a second; default 10 */
  readonly rate?: number;
  /** with which picture of the film it begins for each viewer */
  readonly from?: number;
  /** another film after so many pictures, also for later viewers */
  readonly next?: { readonly film: Film; readonly after: number };
  /** the connection is closed after so many pictures */
  readonly endsAfter?: number;
  /** nothing more is sent after so many pictures, and the connection stays */
  readonly stopsAfter?: number;
  /** so many pictures are sent at once at the beginning */
  readonly burst?: number;

  readonly sound?: 'PCMA' | 'AAC';
  /** sound is described before the picture, and sent though nobody set it up */
  readonly soundFirst?: boolean;
  readonly soundUnasked?: boolean;

  /** parameters are not in the description; default there */
  readonly noSprop?: boolean;
  /** parameters are in the description alone */
  readonly sparseParameters?: boolean;
  /** parameters in one packet */
  readonly aggregated?: boolean;
  readonly codecName?: string;
  readonly noRtpmap?: boolean;
  /** the packets have another type than the announced one */
  readonly wrongPayloadType?: boolean;
  readonly secondVideo?: 'before' | 'after';
  readonly metadata?: boolean;
  readonly control?: 'relative' | 'slash' | 'absolute' | 'other host' | 'with log-in' | 'none' | 'star';
  readonly contentBase?: 'slash' | 'no slash' | 'none' | 'other host' | 'with log-in';
  readonly lineFeeds?: boolean;
  /** done to the description before it is sent */
  readonly sdp?: (text: string) => string;

  /** of picture `n`, which is shown at `right`: what stands in its packets, in 90 kHz */
  readonly timestamp?: (right: number, n: number) => number;
  readonly markerOnEachPacket?: boolean;

  readonly login?: LoginQuirks;
  readonly redirect?: { readonly at: string; readonly to: string };
  /** status by method */
  readonly status?: Readonly<Record<string, string>>;
  readonly refuses?: 'tcp' | 'udp';
  /** of each eight packets by UDP two change places, and the last one is sent twice */
  readonly shuffled?: boolean;
  readonly channels?: string;
  readonly noCseq?: boolean;
  readonly stray?: boolean;
  readonly asksBack?: boolean;
  /** seconds that a session lives without a request */
  readonly sessionS?: number;
  readonly goodbyeAfter?: number;
}
