/** The parts of the package `onvif` that its own types lack or keep private. */
declare module 'onvif/lib/utils.js' {
  const utils: {
    parseSOAPString(
      xml: string,
      callback: (error: Error | null, bodies: unknown, xml: string, status?: number) => void,
      status?: number,
    ): void;
  };
  export default utils;
}

declare module 'onvif/lib/cam.js' {
  /** As the library gives results: an error, the result, the answer's text. */
  export type Callback = (error: Error | null, result?: unknown, xml?: string) => void;

  export interface Request {
    readonly body: string;
    /** media, media2; absent: the device itself */
    readonly service?: string;
  }

  export class Cam {
    constructor(options: {
      readonly hostname: string;
      readonly port: number;
      readonly path: string;
      readonly username?: string;
      readonly password?: string;
      readonly autoconnect: false;
    });
    /** ms of the camera's clock at the start of this process */
    timeShift?: number;
    media2Support?: boolean;
    uri?: Record<
      string,
      { readonly path: string | null; readonly hostname: string | null; readonly port: string | null }
    >;
    password?: string;
    _request(request: Request, callback: (error: unknown, bodies: unknown, xml: string, status?: number) => void): void;
    _passwordDigest(): { readonly passdigest: string; readonly nonce: string; readonly timestamp: string };
    getSystemDateAndTime(callback: Callback): void;
    getServices(includeCapability: boolean, callback: Callback): void;
    getCapabilities(callback: Callback): void;
    getDeviceInformation(callback: Callback): void;
    getProfiles(callback: Callback): void;
    getSnapshotUri(options: { readonly profileToken: string }, callback: Callback): void;
    getStreamUri(options: { readonly protocol: string; readonly profileToken: string }, callback: Callback): void;
  }
}
