/** Addresses of cameras as people type them. */
import { expect, test } from 'vitest';
import { deviceAddress, isSameHost, streamAddress } from './addresses.ts';

test.each([
  ['10.0.0.7', 'http://10.0.0.7/onvif/device_service'],
  [' camera-3.lan:8000 ', 'http://camera-3.lan:8000/onvif/device_service'],
  ['https://10.0.0.7', 'https://10.0.0.7/onvif/device_service'],
  ['http://10.0.0.7:8899/onvif/device', 'http://10.0.0.7:8899/onvif/device'],
  ['http://admin:secret@10.0.0.7/', 'http://10.0.0.7/onvif/device_service'],
  ['fe80::1', 'http://[fe80::1]/onvif/device_service'],
  ['fd00::7:8', 'http://[fd00::7:8]/onvif/device_service'],
])('"%s" asks the camera at %s', (typed, address) => {
  expect(deviceAddress(typed)).toBe(address);
});

test.each([
  '',
  '   ',
  'rtsp://10.0.0.7/',
  'file:///etc/passwd',
  'javascript:alert(1)',
  'http://',
  'a b',
  'x'.repeat(600),
])('"%s" is no address of a camera', (typed) => {
  expect(deviceAddress(typed)).toBeUndefined();
});

test('a stream’s address loses its log-in, and files or local devices are refused', () => {
  expect(streamAddress('rtsp://admin:12345@10.0.0.7:554/Streaming/Channels/101?a=b')).toBe(
    'rtsp://10.0.0.7:554/Streaming/Channels/101?a=b',
  );
  for (const typed of ['file:///etc/passwd', 'v4l2:///dev/video0', '10.0.0.7', 'rtsp:///x', ''])
    expect(streamAddress(typed)).toBeUndefined();
});

test('a camera’s log-in goes only to streams of the same host', () => {
  expect(isSameHost('rtsp://10.0.0.7/a', 'rtsp://10.0.0.7:8554/b')).toBe(true);
  expect(isSameHost('rtsp://Cam.lan/a', 'http://cam.LAN/b')).toBe(true);
  for (const other of ['rtsp://10.0.0.8/', 'rtsp://10.0.0.7.evil.example/', 'rtsp://10.0.0.7@evil.example/', 'no'])
    expect(isSameHost('rtsp://10.0.0.7/a', other)).toBe(false);
});
