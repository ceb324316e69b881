/**
 * How cameras of four makers answer over WS-Discovery and ONVIF: prefixes, scopes, addresses, tokens and stream addresses as
 * published traces show them, shortened to what a client reads. Texts only; onvif-device.ts sends them.
 */

export interface SimulatedProfile {
  readonly token: string;
  readonly name: string;
  /** as the maker writes it: H264, H265, JPEG */
  readonly encoding: string;
  readonly width: number;
  readonly height: number;
  readonly framesPerSecond: number;
  readonly govLength: number;
  readonly sound: boolean;
  /** path of the stream with its query */
  readonly path: string;
}

export interface Make {
  readonly name: string;
  readonly manufacturer: string;
  readonly model: string;
  readonly firmware: string;
  /** prefix of the SOAP envelope */
  readonly prefix: string;
  /** the whole text of Scopes */
  readonly scopes: string;
  /** Profile T, beside Profile S */
  readonly media2: boolean;
  /** digest: HTTP digest (RFC 2617) · token: WS-UsernameToken alone */
  readonly login: 'digest' | 'token';
  /** further addresses that it names beside its own */
  readonly otherAddresses: readonly string[];
  readonly profiles: readonly SimulatedProfile[];
  /** path of its single pictures; absent: it has none */
  readonly snapshot?: string;
}

const onvif = 'onvif://www.onvif.org';

export const makes: Readonly<Record<'hikvision' | 'dahua' | 'axis' | 'reolink', Make>> = {
  hikvision: {
    name: 'HIKVISION DS-2CD2143G0-I',
    manufacturer: 'HIKVISION',
    model: 'DS-2CD2143G0-I',
    firmware: 'V5.5.82 build 190909',
    prefix: 'env',
    scopes: `${onvif}/type/video_encoder ${onvif}/Profile/Streaming ${onvif}/Profile/G ${onvif}/Profile/T ${onvif}/MAC/c4:2f:90:ab:cd:ef ${onvif}/hardware/DS-2CD2143G0-I ${onvif}/name/HIKVISION%20DS-2CD2143G0-I ${onvif}/location/city/hangzhou`,
    media2: true,
    login: 'digest',
    snapshot: '/onvif-http/snapshot?Profile_1',
    otherAddresses: ['http://[fe80::c62f:90ff:feab:cdef]/onvif/device_service'],
    profiles: [
      {
        token: 'Profile_1',
        name: 'mainStream',
        encoding: 'H265',
        width: 2688,
        height: 1520,
        framesPerSecond: 20,
        govLength: 40,
        sound: true,
        path: '/Streaming/Channels/101?transportmode=unicast&profile=Profile_1',
      },
      {
        token: 'Profile_2',
        name: 'subStream',
        encoding: 'H264',
        width: 640,
        height: 480,
        framesPerSecond: 25,
        govLength: 50,
        sound: true,
        path: '/Streaming/Channels/102?transportmode=unicast&profile=Profile_2',
      },
    ],
  },
  dahua: {
    name: 'Dahua',
    manufacturer: 'Dahua',
    model: 'IPC-HDW2431T-AS-S2',
    firmware: '2.800.0000000.30.R, build 2021-05-14',
    prefix: 's',
    scopes: `${onvif}/location/country/china ${onvif}/name/Dahua ${onvif}/hardware/IPC-HDW2431T-AS-S2 ${onvif}/Profile/Streaming ${onvif}/type/Network_Video_Transmitter ${onvif}/extension/unique_identifier`,
    media2: false,
    login: 'token',
    otherAddresses: [],
    profiles: [
      {
        token: 'MediaProfile000',
        name: 'MediaProfile_Channel1_MainStream',
        encoding: 'H264',
        width: 2688,
        height: 1520,
        framesPerSecond: 20,
        govLength: 40,
        sound: true,
        path: '/cam/realmonitor?channel=1&subtype=0&unicast=true&proto=Onvif',
      },
      {
        token: 'MediaProfile001',
        name: 'MediaProfile_Channel1_SubStream1',
        encoding: 'H264',
        width: 704,
        height: 576,
        framesPerSecond: 20,
        govLength: 40,
        sound: false,
        path: '/cam/realmonitor?channel=1&subtype=1&unicast=true&proto=Onvif',
      },
    ],
  },
  axis: {
    name: 'AXIS M2036-LE',
    manufacturer: 'AXIS',
    model: 'M2036-LE',
    firmware: '11.11.73',
    prefix: 'SOAP-ENV',
    scopes: `${onvif}/Profile/Streaming ${onvif}/Profile/G\n ${onvif}/hardware/M2036-LE ${onvif}/name/AXIS%20M2036-LE\n ${onvif}/Profile/M ${onvif}/Profile/T ${onvif}/location/\n`,
    media2: true,
    login: 'digest',
    snapshot: '/onvif-cgi/jpg/image.cgi?resolution=2304x1296&compression=30',
    otherAddresses: ['http://169.254.209.66/onvif/device_service', 'https://169.254.209.66/onvif/device_service'],
    profiles: [
      {
        token: 'profile_1_h264',
        name: 'profile_1 h264',
        encoding: 'H264',
        width: 2304,
        height: 1296,
        framesPerSecond: 30,
        govLength: 32,
        sound: false,
        path: '/onvif-media/media.amp?profile=profile_1_h264&sessiontimeout=60&streamtype=unicast',
      },
      {
        token: 'profile_1_jpeg',
        name: 'profile_1 jpeg',
        encoding: 'JPEG',
        width: 2304,
        height: 1296,
        framesPerSecond: 30,
        govLength: 0,
        sound: false,
        path: '/onvif-media/media.amp?profile=profile_1_jpeg&sessiontimeout=60&streamtype=unicast',
      },
    ],
  },
  reolink: {
    name: 'Reolink',
    manufacturer: 'Reolink',
    model: 'RLC-810A',
    firmware: 'v3.1.0.956_22041503',
    prefix: 'SOAP-ENV',
    scopes: `${onvif}/type/video_encoder ${onvif}/name/Reolink ${onvif}/hardware/RLC-810A ${onvif}/location/garage`,
    media2: false,
    login: 'token',
    otherAddresses: [],
    profiles: [
      {
        token: '000',
        name: 'MainStream',
        encoding: 'H264',
        width: 3840,
        height: 2160,
        framesPerSecond: 20,
        govLength: 40,
        sound: true,
        path: '/h264Preview_01_main',
      },
      {
        token: '001',
        name: 'SubStream',
        encoding: 'H264',
        width: 640,
        height: 360,
        framesPerSecond: 10,
        govLength: 40,
        sound: true,
        path: '/h264Preview_01_sub',
      },
    ],
  },
};
