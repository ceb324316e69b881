/**
 * Opens the stream of a camera by the protocol of its address. The code of a protocol is loaded when a camera needs it.
 */
import type { NetworkSource } from '../address.ts';
import type { CameraStream, StreamOptions } from './stream.ts';

/** @throws CameraFailure */
export async function openStream(source: NetworkSource, options: StreamOptions): Promise<CameraStream> {
  if (source.kind === 'rtsp') return (await import('./rtsp-stream.ts')).openRtspStream(source, options);
  return (await import('./http-stream.ts')).openHttpStream(source, options);
}
