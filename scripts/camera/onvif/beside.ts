/**
 * The ONVIF side of a simulated camera: a device that names its RTSP stream, and answers to searches on this machine.
 *
 * Always: it is on loopback alone; a port of discovery that cannot be joined costs the discovery, not the device.
 */
import { DiscoveryResponder } from './discovery-responder.ts';
import type { Make } from './makes.ts';
import { OnvifDevice } from './onvif-device.ts';

export interface OnvifBesideOptions {
  /** the stream's address */
  readonly url: string;
  readonly user?: string;
  readonly password?: string;
  /** default 3702 */
  readonly discoveryPort?: number;
}

export interface OnvifBeside {
  /** of the device service */
  readonly address: string;
  /** whether searches find it */
  readonly isFound: boolean;
  stop(): Promise<void>;
}

/** The answers of a camera with one stream. */
const oneStream = (make: Make): Make => ({
  ...make,
  name: 'Forpost Simulated',
  manufacturer: 'Forpost',
  model: 'Simulated',
  firmware: '1.0',
  scopes:
    'onvif://www.onvif.org/type/video_encoder onvif://www.onvif.org/name/Simulated onvif://www.onvif.org/hardware/Yard',
  otherAddresses: [],
  profiles: make.profiles.slice(0, 1).map((profile) => ({
    ...profile,
    encoding: 'H264',
    width: 1280,
    height: 720,
    framesPerSecond: 10,
    govLength: 10,
    sound: false,
  })),
});

export async function startOnvifBeside({
  url,
  user,
  password,
  discoveryPort,
}: OnvifBesideOptions): Promise<OnvifBeside> {
  const device = new OnvifDevice({
    change: oneStream,
    streamUri: () => url,
    ...(user === undefined ? {} : { user, password: password ?? '' }),
  });
  await device.start();
  const responder = new DiscoveryResponder({
    answer: (relatesTo) => [device.probeMatch(relatesTo)],
    ...(discoveryPort === undefined ? {} : { port: discoveryPort }),
  });
  const isFound = await responder.start().then(
    () => true,
    () => false,
  );
  return {
    address: device.address,
    isFound,
    async stop() {
      await responder.stop();
      await device.stop();
    },
  };
}
