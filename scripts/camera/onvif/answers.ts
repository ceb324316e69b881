/** The SOAP answers of the simulated ONVIF device. Pure. */
import type { Make, SimulatedProfile } from './makes.ts';

const namespaces = {
  tds: 'http://www.onvif.org/ver10/device/wsdl',
  trt: 'http://www.onvif.org/ver10/media/wsdl',
  tr2: 'http://www.onvif.org/ver20/media/wsdl',
  tt: 'http://www.onvif.org/ver10/schema',
  ter: 'http://www.onvif.org/ver10/error',
  wsa: 'http://schemas.xmlsoap.org/ws/2004/08/addressing',
  wsdd: 'http://schemas.xmlsoap.org/ws/2005/04/discovery',
  dn: 'http://www.onvif.org/ver10/network/wsdl',
} as const;

export function envelope(prefix: string, body: string, header = ''): string {
  const declared = Object.entries(namespaces).map(([name, uri]) => ` xmlns:${name}="${uri}"`);
  const head = header === '' ? '' : `<${prefix}:Header>${header}</${prefix}:Header>`;
  return `<?xml version="1.0" encoding="UTF-8"?>\n<${prefix}:Envelope xmlns:${prefix}="http://www.w3.org/2003/05/soap-envelope"${declared.join('')}>${head}<${prefix}:Body>${body}</${prefix}:Body></${prefix}:Envelope>`;
}

export function fault(prefix: string, subcode: string, reason: string): string {
  return envelope(
    prefix,
    `<${prefix}:Fault><${prefix}:Code><${prefix}:Value>${prefix}:Sender</${prefix}:Value><${prefix}:Subcode><${prefix}:Value>ter:${subcode}</${prefix}:Value></${prefix}:Subcode></${prefix}:Code><${prefix}:Reason><${prefix}:Text xml:lang="en">${reason}</${prefix}:Text></${prefix}:Reason></${prefix}:Fault>`,
  );
}

export function probeMatch(make: Make, id: string, relatesTo: string, addresses: readonly string[]): string {
  const header = `<wsa:MessageID>uuid:${id}</wsa:MessageID><wsa:RelatesTo>${relatesTo}</wsa:RelatesTo><wsa:To>http://schemas.xmlsoap.org/ws/2004/08/addressing/role/anonymous</wsa:To><wsa:Action>http://schemas.xmlsoap.org/ws/2005/04/discovery/ProbeMatches</wsa:Action>`;
  return envelope(
    make.prefix,
    `<wsdd:ProbeMatches><wsdd:ProbeMatch><wsa:EndpointReference><wsa:Address>urn:uuid:${id}</wsa:Address></wsa:EndpointReference><wsdd:Types>dn:NetworkVideoTransmitter tds:Device</wsdd:Types><wsdd:Scopes>${make.scopes}</wsdd:Scopes><wsdd:XAddrs>${addresses.join(' ')}</wsdd:XAddrs><wsdd:MetadataVersion>10</wsdd:MetadataVersion></wsdd:ProbeMatch></wsdd:ProbeMatches>`,
    header,
  );
}

export function systemTime(prefix: string, at: Date): string {
  return envelope(
    prefix,
    `<tds:GetSystemDateAndTimeResponse><tds:SystemDateAndTime><tt:DateTimeType>NTP</tt:DateTimeType><tt:DaylightSavings>false</tt:DaylightSavings><tt:UTCDateTime><tt:Time><tt:Hour>${at.getUTCHours()}</tt:Hour><tt:Minute>${at.getUTCMinutes()}</tt:Minute><tt:Second>${at.getUTCSeconds()}</tt:Second></tt:Time><tt:Date><tt:Year>${at.getUTCFullYear()}</tt:Year><tt:Month>${at.getUTCMonth() + 1}</tt:Month><tt:Day>${at.getUTCDate()}</tt:Day></tt:Date></tt:UTCDateTime></tds:SystemDateAndTime></tds:GetSystemDateAndTimeResponse>`,
  );
}

export function services({ prefix, media2 }: Make, base: string): string {
  const service = (namespace: string, path: string) =>
    `<tds:Service><tds:Namespace>${namespace}</tds:Namespace><tds:XAddr>${base}${path}</tds:XAddr><tds:Version><tt:Major>2</tt:Major><tt:Minor>60</tt:Minor></tds:Version></tds:Service>`;
  return envelope(
    prefix,
    `<tds:GetServicesResponse>${service(namespaces.tds, '/onvif/device_service')}${service(namespaces.trt, '/onvif/Media')}${media2 ? service(namespaces.tr2, '/onvif/Media2') : ''}<tds:Service><tds:Namespace>http://www.axis.com/vapix/ws/ActionEngine</tds:Namespace><tds:XAddr>${base}/vapix/services</tds:XAddr><tds:Version><tt:Major>1</tt:Major><tt:Minor>0</tt:Minor></tds:Version></tds:Service></tds:GetServicesResponse>`,
  );
}

export function capabilities(prefix: string, base: string): string {
  return envelope(
    prefix,
    `<tds:GetCapabilitiesResponse><tds:Capabilities><tt:Device><tt:XAddr>${base}/onvif/device_service</tt:XAddr></tt:Device><tt:Media><tt:XAddr>${base}/onvif/Media</tt:XAddr></tt:Media></tds:Capabilities></tds:GetCapabilitiesResponse>`,
  );
}

export function deviceInformation({ prefix, manufacturer, model, firmware }: Make): string {
  return envelope(
    prefix,
    `<tds:GetDeviceInformationResponse><tds:Manufacturer>${manufacturer}</tds:Manufacturer><tds:Model>${model}</tds:Model><tds:FirmwareVersion>${firmware}</tds:FirmwareVersion><tds:SerialNumber>SIM-0001</tds:SerialNumber><tds:HardwareId>88</tds:HardwareId></tds:GetDeviceInformationResponse>`,
  );
}

export function profilesOfMedia(prefix: string, profiles: readonly SimulatedProfile[]): string {
  const one = (profile: SimulatedProfile) =>
    `<trt:Profiles token="${profile.token}" fixed="true"><tt:Name>${profile.name}</tt:Name><tt:VideoSourceConfiguration token="VideoSourceToken"><tt:Name>VideoSourceConfig</tt:Name><tt:SourceToken>VideoSource_1</tt:SourceToken></tt:VideoSourceConfiguration>${profile.encoding === '' ? '' : `<tt:VideoEncoderConfiguration token="enc_${profile.token}"><tt:Name>VideoEncoder</tt:Name><tt:Encoding>${profile.encoding}</tt:Encoding><tt:Resolution><tt:Width>${profile.width}</tt:Width><tt:Height>${profile.height}</tt:Height></tt:Resolution><tt:Quality>3</tt:Quality><tt:RateControl><tt:FrameRateLimit>${profile.framesPerSecond}</tt:FrameRateLimit><tt:EncodingInterval>1</tt:EncodingInterval><tt:BitrateLimit>4096</tt:BitrateLimit></tt:RateControl><tt:H264><tt:GovLength>${profile.govLength}</tt:GovLength><tt:H264Profile>Main</tt:H264Profile></tt:H264></tt:VideoEncoderConfiguration>`}${profile.sound ? '<tt:AudioEncoderConfiguration token="MainAudio"><tt:Encoding>G711</tt:Encoding></tt:AudioEncoderConfiguration>' : ''}</trt:Profiles>`;
  return envelope(prefix, `<trt:GetProfilesResponse>${profiles.map(one).join('')}</trt:GetProfilesResponse>`);
}

export function profilesOfMedia2(prefix: string, profiles: readonly SimulatedProfile[]): string {
  const one = (profile: SimulatedProfile) =>
    `<tr2:Profiles token="${profile.token}" fixed="true"><tr2:Name>${profile.name}</tr2:Name><tr2:Configurations><tr2:VideoSource token="VideoSourceToken"><tt:Name>VideoSourceConfig</tt:Name></tr2:VideoSource>${profile.encoding === '' ? '' : `<tr2:VideoEncoder token="enc_${profile.token}" GovLength="${profile.govLength}" Profile="Main"><tt:Name>VideoEncoder</tt:Name><tt:Encoding>${profile.encoding}</tt:Encoding><tt:Resolution><tt:Width>${profile.width}</tt:Width><tt:Height>${profile.height}</tt:Height></tt:Resolution><tt:RateControl ConstantBitRate="false"><tt:FrameRateLimit>${profile.framesPerSecond}.000000</tt:FrameRateLimit><tt:BitrateLimit>4096</tt:BitrateLimit></tt:RateControl><tt:Quality>3</tt:Quality></tr2:VideoEncoder>`}${profile.sound ? '<tr2:AudioEncoder token="MainAudio"><tt:Encoding>PCMU</tt:Encoding></tr2:AudioEncoder>' : ''}</tr2:Configurations></tr2:Profiles>`;
  return envelope(prefix, `<tr2:GetProfilesResponse>${profiles.map(one).join('')}</tr2:GetProfilesResponse>`);
}

export function snapshotUri(prefix: string, uri: string, isMedia2: boolean): string {
  const written = uri.replaceAll('&', '&amp;');
  return envelope(
    prefix,
    isMedia2
      ? `<tr2:GetSnapshotUriResponse><tr2:Uri>${written}</tr2:Uri></tr2:GetSnapshotUriResponse>`
      : `<trt:GetSnapshotUriResponse><trt:MediaUri><tt:Uri>${written}</tt:Uri><tt:InvalidAfterConnect>false</tt:InvalidAfterConnect><tt:InvalidAfterReboot>false</tt:InvalidAfterReboot><tt:Timeout>PT0S</tt:Timeout></trt:MediaUri></trt:GetSnapshotUriResponse>`,
  );
}

export function streamUri(prefix: string, uri: string, isMedia2: boolean): string {
  const written = uri.replaceAll('&', '&amp;');
  return envelope(
    prefix,
    isMedia2
      ? `<tr2:GetStreamUriResponse><tr2:Uri>${written}</tr2:Uri></tr2:GetStreamUriResponse>`
      : `<trt:GetStreamUriResponse><trt:MediaUri><tt:Uri>${written}</tt:Uri><tt:InvalidAfterConnect>false</tt:InvalidAfterConnect><tt:InvalidAfterReboot>false</tt:InvalidAfterReboot><tt:Timeout>PT60S</tt:Timeout></trt:MediaUri></trt:GetStreamUriResponse>`,
  );
}
