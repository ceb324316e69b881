/**
 * Jobs of the set-up process (process/main.ts) and its answers: small JSON over the child process's channel. One process
 * does one job and ends.
 *
 *   find     asks every network of this machine for cameras (WS-Discovery)
 *   ask      asks one camera for its model and streams (ONVIF)
 *   test     opens streams of one camera and measures them
 *
 * Always: a log-in stands only in a job, never in an answer; every text of an answer that a device wrote is bounded and
 * printable.
 */
import type { Words } from '@forpost/shared/texts/english.ts';

export interface CameraLogin {
  readonly user: string;
  readonly password: string;
}

/** For rtsps and https: the CA (a PEM file's path) or the fingerprint that the camera's certificate must match. */
export interface Trusted {
  readonly ca?: string | undefined;
  readonly fingerprint?: string | undefined;
}

/** A camera that answered a search. */
export interface FoundCamera {
  /** its endpoint reference: the same at each search */
  readonly id: string;
  /** what it calls itself, and its model; empty: it does not say */
  readonly name: string;
  readonly model: string;
  /** the address that answered */
  readonly host: string;
  /** its ONVIF address within the networks of this machine; absent: it names none there, and `problem` says so */
  readonly address?: string;
  readonly problem?: Words;
}

export interface FindJob {
  readonly kind: 'find';
  /** for tests: the port that is asked; default 3702 */
  readonly port?: number;
  /** how long answers are awaited */
  readonly ms: number;
}

export interface AskJob {
  readonly kind: 'ask';
  /** http:// or https:// with the path of the device service */
  readonly address: string;
  readonly login?: CameraLogin | undefined;
  readonly trust: Trusted;
}

export interface StreamJob {
  readonly url: string;
  readonly transport?: 'tcp' | 'udp' | undefined;
}

export interface TestJob {
  readonly kind: 'test';
  readonly streams: readonly StreamJob[];
  readonly login?: CameraLogin | undefined;
  readonly trust: Trusted;
}

export type Job = FindJob | AskJob | TestJob;

/** A stream as the camera describes it. */
export interface OfferedStream {
  /** the name of its profile */
  readonly name: string;
  /** H264, H265, JPEG, …; empty: the camera does not say */
  readonly codec: string;
  /** pixels; 0: the camera does not say */
  readonly width: number;
  readonly height: number;
  /** pictures a second; 0: the camera does not say */
  readonly framesPerSecond: number;
  /** seconds from key frame to key frame; 0: the camera does not say */
  readonly keyFrameSeconds: number;
  readonly sound: boolean;
  /** without a log-in, at the host that was asked */
  readonly url: string;
}

/** What a camera says of itself over ONVIF. */
export interface DeviceAnswer {
  readonly manufacturer: string;
  readonly model: string;
  readonly firmware: string;
  readonly serial: string;
  /** s by which its clock is ahead of this machine's; absent: it does not tell its time */
  readonly clockAheadSeconds?: number;
  readonly streams: readonly OfferedStream[];
  /** address that answers each request with one JPEG, without a log-in, at the host that was asked */
  readonly snapshot?: string;
  /** what the installer should know */
  readonly notes: readonly Words[];
}

/** A stream as it was measured. */
export interface StreamReading {
  readonly url: string;
  /** how its packets came: udp where the camera sends by nothing else */
  readonly transport?: 'tcp' | 'udp';
  /** why it was not measured, or its measurement ended */
  readonly failure?: Words;
  /** H264, H265, JPEG, …; absent: the stream was not opened */
  readonly codec?: string;
  /** the codec of the sound track; absent: it has none */
  readonly sound?: string;
  /** pixels */
  readonly width?: number;
  readonly height?: number;
  readonly framesPerSecond?: number;
  readonly bitsPerSecond?: number;
  /** the longest interval of two key frames that was seen */
  readonly keyFrameMs?: number;
  /** fewer than two key frames came within this time */
  readonly keyFramesAwaitedMs?: number;
  /** part of one processor core that decoding takes */
  readonly decodeLoad?: number;
  /** a JPEG in base64, at most 1280 pixels wide */
  readonly picture?: string;
}

export type FromSetUp =
  | { readonly kind: 'found'; readonly camera: FoundCamera }
  /** the search is over; `problems`: networks that could not be asked */
  | { readonly kind: 'searched'; readonly problems: readonly Words[] }
  | { readonly kind: 'answered'; readonly device: DeviceAnswer }
  /** the camera did not answer as it should */
  | { readonly kind: 'failed'; readonly reason: Words; readonly needsLogin: boolean }
  | { readonly kind: 'measured'; readonly reading: StreamReading }
  | { readonly kind: 'done' };
