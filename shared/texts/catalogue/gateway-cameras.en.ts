/** English texts about finding and testing cameras. A group of the part `gateway`. */
export const gatewayCamerasEn = {
  // a search
  'reason.camera-elsewhere':
    'it names only the address {address}, which is in no network of this gateway: give it an address of this network, or type its address',
  'reason.network-not-asked': 'the network {network} could not be asked: {reason}',
  // a camera that is asked over ONVIF
  'reason.onvif-scheme': 'this is not the address of a camera: type its IP address, or http:// and its name',
  'reason.onvif-slow': '{where} did not finish its answer in time',
  'reason.onvif-broken': '{where} broke off: {error}',
  'reason.onvif-large': '{where} answers with more than a camera has to say: is it a camera?',
  'reason.onvif-wrong-login':
    'the camera refuses this user or this password. Some cameras have users for ONVIF alone, and several wrong tries lock them',
  'reason.camera-locked': 'the camera has locked this user after wrong tries: wait, or restart the camera',
  'reason.camera-locked-for':
    'the camera has locked this user after wrong tries: wait {minutes, plural, one {# minute} other {# minutes}}, or restart the camera',
  'reason.onvif-unreadable':
    '{where} answers, but not as a camera does over ONVIF: type the address of its stream (rtsp://…)',
  'reason.onvif-off':
    '{where} does not speak ONVIF (it answers with status {status}): switch ONVIF on in the camera’s settings, or type the address of its stream (rtsp://…)',
  'reason.onvif-refuses': 'the camera refuses: {words}',
  'reason.onvif-answer': 'the camera answers an ONVIF request in a way that cannot be read',
  'reason.onvif-no-video': 'the camera names no stream with video: switch one on in its settings',
  'reason.onvif-no-address': 'the camera names a stream without an address that can be used: {words}',
  'reason.onvif-other-host':
    'the camera names its streams at {named}; they are opened at {host}, which was asked, and the log-in goes nowhere else',
  'reason.onvif-more-profiles':
    '{count, plural, one {# further stream is not shown} other {# further streams are not shown}}: type the address of one that is needed',
  'reason.onvif-clock-ahead':
    'the camera’s clock is {minutes, plural, one {# minute} other {# minutes}} ahead: set it, or give it a time server',
  'reason.onvif-clock-behind':
    'the camera’s clock is {minutes, plural, one {# minute} other {# minutes}} behind: set it, or give it a time server',
  // the test of a stream
  'reason.test-network-only': 'only streams of cameras on a network are tested: rtsp://, rtsps://, http://, https://',
  'reason.test-failed': 'the test failed: {reason}',
  'reason.set-up-slow': 'the camera took longer than {seconds, number} s',
  'reason.set-up-broken': 'the test ended early ({reason}): what the camera sent could not be handled',
  'reason.set-up-stopped': 'the gateway is stopping',
  'answer.set-up-busy': 'two cameras are being asked already: try again in a moment',
  'answer.not-a-camera': 'this is not the address of a camera: 10.0.0.7, http://… or rtsp://…',
  'answer.not-found-here': 'this camera is no longer in the list of found ones: search again',
  'answer.login-elsewhere':
    'the log-in of camera "{camera}" is sent only to its own address: type the user and the password for another one',
  'finding.udp': 'it sends by UDP only: a busy network loses pictures. The camera is added with transport: udp',
  'finding.h265':
    'H.265: decoding takes about twice the work, and many browsers do not play its clips. H.264 is better here',
  'finding.too-large':
    'too large for this gateway: decoding takes {percent, number} % of a processor core. Choose a smaller stream for detection',
  'finding.heavy': 'decoding takes {percent, number} % of a processor core: a smaller stream serves detection as well',
  'finding.no-key-frame':
    'no two key frames within {seconds, number} s: set the camera’s key frame interval (I-frame, GOP) to 1 or 2 s',
  'finding.rare-key-frames':
    'a key frame only every {seconds, number} s: clips begin late. Set the interval (I-frame, GOP) to 1 or 2 s',
  'finding.few-frames': 'only {rate, number} pictures a second: people who pass quickly may be missed',
  'finding.high-rate': '{megabits, number} Mbit/s: a lower bit rate spares network and disk',
} as const;
