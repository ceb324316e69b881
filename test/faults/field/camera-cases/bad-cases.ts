/** Cameras that cannot be watched, and the state and the reason that the page must show. */
import { at, type BadCase, login } from './case.ts';

export const badCases: readonly BadCase[] = [
  {
    name: 'a wrong password',
    quick: true,
    settings: at('viewer', 'wrong'),
    camera: () => ({ login: { ...login, offers: ['SHA-256'] } }),
    state: 'refused',
    reason: 'wrong password',
  },
  {
    name: 'no log-in given',
    camera: () => ({ login: { ...login, offers: ['MD5'] } }),
    state: 'refused',
    reason: 'the camera asks for a user and a password',
  },
  {
    name: 'a log-in by NTLM alone',
    quick: true,
    settings: login,
    camera: () => ({ login: { ...login, offers: ['NTLM'] } }),
    state: 'refused',
    reason: /asks for a log-in by NTLM, which Forpost does not support/,
  },
  {
    name: 'a user with a colon by Basic',
    settings: at('a:b', 'p'),
    camera: () => ({ login: { user: 'a:b', password: 'p', offers: ['Basic'] } }),
    state: 'refused',
    reason: /a user name cannot contain a colon/,
  },
  ...(['DESCRIBE', 'SETUP', 'PLAY'] as const).flatMap((where) =>
    (['tcp', 'udp'] as const).map(
      (transport): BadCase => ({
        name: `a redirect at ${where} by ${transport}`,
        ...(where === 'SETUP' ? { quick: true as const } : {}),
        settings: { ...login, transport },
        camera: () => ({
          login: { ...login, offers: ['Basic'] },
          redirect: { at: where, to: 'rtsp://127.0.0.1:9/stolen' },
        }),
        state: 'refused',
        reason: /sends viewers to another address \(rtsp:\/\/127\.0\.0\.1:9\/stolen\)\. Forpost sends no log-in there/,
      }),
    ),
  ),
  {
    name: 'no TCP',
    camera: () => ({ refuses: 'tcp' }),
    state: 'refused',
    reason: 'the camera does not send by TCP (461): set transport: udp',
  },
  {
    name: 'no UDP',
    settings: { transport: 'udp' },
    camera: () => ({ refuses: 'udp' }),
    state: 'refused',
    reason: 'the camera does not send by UDP: leave out transport: udp',
  },
  {
    name: 'no such stream',
    camera: () => ({ status: { DESCRIBE: '404 Stream Not Found' } }),
    state: 'refused',
    reason: 'no such stream (404)',
  },
  {
    name: 'as many viewers as it can',
    camera: () => ({ status: { SETUP: '453 Not Enough Bandwidth' } }),
    state: 'unreachable',
    reason: /as many viewers as it can \(453\)/,
  },
  {
    name: 'a status nobody knows',
    camera: () => ({ status: { PLAY: '599 Sensor hot' } }),
    state: 'refused',
    reason: 'the camera refuses PLAY: RTSP/1.0 599 Sensor hot',
  },
  {
    name: 'sound alone',
    camera: () => ({ sdp: (text) => text.replace(/m=video[\s\S]*?(?=m=audio)/, ''), sound: 'PCMA' }),
    state: 'refused',
    reason: 'there is no video in this stream',
  },
  {
    name: 'encrypted pictures',
    camera: () => ({ sdp: (text) => text.replace('RTP/AVP', 'RTP/SAVP') }),
    state: 'refused',
    reason: /encrypted \(SRTP\)/,
  },
  {
    name: 'no packet at all',
    camera: () => ({ stopsAfter: 0 }),
    state: 'unreachable',
    reason: 'the camera starts the stream and sends nothing for 10 s',
  },
  {
    name: 'no packet by UDP',
    settings: { transport: 'udp' },
    camera: () => ({ stopsAfter: 0 }),
    state: 'unreachable',
    reason: /nothing came by UDP for 10 s: a firewall/,
  },
  {
    name: 'a stream that stands still',
    quick: true,
    camera: () => ({ stopsAfter: 20 }),
    state: 'stalled',
    reason: 'no frames for 3 s',
  },
  {
    name: 'a connection that ends',
    camera: () => ({ endsAfter: 20 }),
    state: 'connecting',
    reason: 'the camera ended the stream',
  },
  {
    name: 'a goodbye',
    camera: () => ({ goodbyeAfter: 20 }),
    state: 'connecting',
    reason: 'the camera ended the stream',
  },
  {
    name: 'a page in the place of pictures',
    quick: true,
    http: { answers: 'page' },
    state: 'refused',
    reason: /the url is the address of the camera’s page/,
  },
  {
    name: 'a redirect by HTTP',
    settings: login,
    http: { redirectTo: 'http://127.0.0.2:9/', login: { ...login, offers: ['MD5'] } },
    state: 'refused',
    reason: /sends viewers to another address/,
  },
];
