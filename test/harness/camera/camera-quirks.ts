/** Reported quirks of real cameras, each as a switch of the simulated one. */
import type { LoginQuirks } from './camera-login.ts';
import type { Film } from './footage.ts';

export interface CameraQuirks {
  /** default: H.264 with a key frame each second */
  readonly film?: Film;
  /** pictures a second; default 10 */
  readonly rate?: number;
  /** number of the film's picture with which it begins for each viewer */
  readonly from?: number;
  /** changes to another film after this many pictures, also for later viewers */
  readonly next?: { readonly film: Film; readonly after: number };
  /** closes the connection after this many pictures */
  readonly endsAfter?: number;
  /** sends nothing more after this many pictures, and keeps the connection */
  readonly stopsAfter?: number;
  /** sends this many pictures at once at the beginning */
  readonly burst?: number;

  readonly sound?: 'PCMA' | 'AAC';
  /** describes sound before the picture, and sends it although nobody set it up */
  readonly soundFirst?: boolean;
  readonly soundUnasked?: boolean;

  /** leaves parameters out of the description */
  readonly noSprop?: boolean;
  /** has parameters in the description alone */
  readonly sparseParameters?: boolean;
  /** sends parameters in one packet */
  readonly aggregated?: boolean;
  readonly codecName?: string;
  readonly noRtpmap?: boolean;
  /** sends packets of another type than announced */
  readonly wrongPayloadType?: boolean;
  readonly secondVideo?: 'before' | 'after';
  readonly metadata?: boolean;
  readonly control?: 'relative' | 'slash' | 'absolute' | 'other host' | 'with log-in' | 'none' | 'star';
  readonly contentBase?: 'slash' | 'no slash' | 'none' | 'other host' | 'with log-in';
  readonly lineFeeds?: boolean;
  /** changes the description before it is sent */
  readonly sdp?: (text: string) => string;

  /** the timestamp in the packets of picture `n`, which is shown at `right`, in 90 kHz */
  readonly timestamp?: (right: number, n: number) => number;
  readonly markerOnEachPacket?: boolean;

  readonly login?: LoginQuirks;
  readonly redirect?: { readonly at: string; readonly to: string };
  /** status by method */
  readonly status?: Readonly<Record<string, string>>;
  readonly refuses?: 'tcp' | 'udp';
  /** swaps two of every eight UDP packets, and sends the last one twice */
  readonly shuffled?: boolean;
  readonly channels?: string;
  readonly noCseq?: boolean;
  readonly stray?: boolean;
  readonly asksBack?: boolean;
  /** lifetime of a session without a request, s */
  readonly sessionS?: number;
  readonly goodbyeAfter?: number;
}
