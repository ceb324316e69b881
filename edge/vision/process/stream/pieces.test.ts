/** The pure parts of a session with a camera: examples from standards and from cameras, and random inputs. */
import { createHash } from 'node:crypto';
import { FakeClock } from '@forpost/shared/clock.ts';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { JpegReader } from './jpegs.ts';
import { Authenticator, challengesOf } from './login.ts';
import { PictureEndMarker } from './picture-end-marker.ts';
import type { RtpPacket } from './rtp-picture.ts';
import { readRtp } from './rtp-picture.ts';
import { RtpTimes } from './rtp-times.ts';
import { type RtspMessage, RtspReader } from './rtsp-message.ts';
import { readSdp } from './sdp.ts';
import { PacketOrder } from './udp.ts';

describe('a log-in', () => {
  const mufasa = { user: 'Mufasa', password: 'Circle of Life' };
  const field = (header: string, name: string) => new RegExp(`${name}="?([^",]*)`).exec(header)?.[1] ?? '';

  test.each([
    ['md5', 'MD5'],
    ['sha256', 'SHA-256'],
    ['sha512-256', 'SHA-512-256'],
  ])('is answered with %s as RFC 7616 says', (hash, algorithm) => {
    const login = new Authenticator(mufasa);
    const challenge = `Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm=${algorithm}, nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"`;
    expect(login.refused(challengesOf([challenge]))).toBeUndefined();
    const header = login.header('GET', '/dir/index.html') ?? '';
    const h = (text: string) => createHash(hash).update(text).digest('hex');
    const middle = `${field(header, 'nonce')}:${field(header, 'nc')}:${field(header, 'cnonce')}:auth`;
    const a1 = h('Mufasa:http-auth@example.org:Circle of Life');
    expect(field(header, 'response')).toBe(h(`${a1}:${middle}:${h('GET:/dir/index.html')}`));
    expect(field(header, 'nc')).toBe('00000001');
    expect(header).toContain(`algorithm=${algorithm}`);
  });

  test('without qop is answered as RFC 2069 says', () => {
    const login = new Authenticator({ user: 'Mufasa', password: 'CircleOfLife' });
    login.refused(challengesOf(['Digest realm="testrealm@host.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093"']));
    // the example of RFC 2069 with its errata
    expect(field(login.header('GET', '/dir/index.html') ?? '', 'response')).toBe('1949323746fe6a43ef61f9606e7febea');
  });

  test('is tried once with each offer, the strongest first, and then counts as wrong', () => {
    const login = new Authenticator(mufasa);
    const offers = (nonce: string) =>
      challengesOf([
        `Basic realm="x", Digest realm="x", nonce="${nonce}", algorithm=MD5`,
        `Digest realm="x", nonce="${nonce}", algorithm=SHA-256`,
      ]);
    const tried = [1, 2, 3].map((n) => {
      expect(login.refused(offers(`n${n}`))).toBeUndefined();
      return /algorithm=\S+|Basic/.exec(login.header('GET', '/') ?? '')?.[0].replace(',', '');
    });
    expect(tried).toEqual(['algorithm=SHA-256', 'algorithm=MD5', 'Basic']);
    expect(login.refused(offers('n4'))).toBe('wrong');
  });

  test('a challenge of any form is either used or skipped', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.string(), fc.constantFrom('Digest ', 'nonce="', '\\', '",', 'realm=x, ', 'Basic '))),
        (pieces) => {
          const login = new Authenticator(mufasa);
          const problem = login.refused(challengesOf([pieces.join('')]));
          if (problem === undefined) expect(login.header('GET', '/')).toMatch(/^(Basic|Digest) /);
        },
      ),
    );
  });
});

describe('RTSP', () => {
  function read(bytes: Buffer, sizes: readonly number[]) {
    const seen: (RtspMessage | Buffer)[] = [];
    const reader = new RtspReader({
      message: (one) => seen.push(one),
      packet: (_, one) => seen.push(Buffer.from(one)),
    });
    for (let at = 0, i = 0; at < bytes.length; i++) {
      const size = Math.max(1, sizes[i % sizes.length] ?? 1);
      reader.push(bytes.subarray(at, at + size));
      at += size;
    }
    return seen;
  }

  test('is read the same, however its bytes are cut into chunks', () => {
    const packet = Buffer.concat([
      Buffer.from([0x24, 0, 0, 300]),
      Buffer.alloc(44, 1),
      Buffer.from('RTSP/1.0 200 OK\r\n\r\n'),
      Buffer.alloc(237, 0x24),
    ]);
    packet.writeUInt16BE(packet.length - 4, 2);
    const answer = Buffer.from('RTSP/1.0 200 OK\r\nCSeq: 1\r\nContent-Length: 4\r\n folded\r\n\r\nbody');
    const bytes = Buffer.concat([answer, packet, Buffer.from('\r\n\0stray'), packet, answer]);
    const whole = read(bytes, [bytes.length]);
    expect(whole).toHaveLength(4);
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1 }), (sizes) => {
        expect(read(bytes, sizes)).toEqual(whole);
      }),
    );
  });

  test('of random bytes gives nothing or an error with its reason', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.oneof(
            fc.uint8Array({ maxLength: 100 }),
            fc
              .constantFrom('RTSP/1.0 ', '200 OK', '\r\n', '\n\n', '$', 'Content-Length: ', '99999999999', '-1')
              .map((text) => Buffer.from(text)),
          ),
        ),
        (pieces) => {
          const reader = new RtspReader({ message: () => {}, packet: () => {} });
          try {
            for (const piece of pieces) reader.push(Buffer.from(piece));
          } catch (error) {
            expect((error as Error).message).toMatch(/^(the head of its answer|its answer has|it sends bytes)/);
          }
        },
      ),
    );
  });

  test('session descriptions of any form give a video track or a problem', () => {
    const line = fc.oneof(
      fc.string({ maxLength: 60 }),
      fc.constantFrom(
        'm=video 0 RTP/AVP 96',
        'm=audio 0 RTP/AVP 8',
        'm=video x',
        'a=rtpmap:96 H264/0',
        'a=rtpmap:',
        'a=fmtp:96 ',
        'a=control:',
        'a=control:*',
        'a=framerate:-1',
        'm=video 0 RTP/AVP',
      ),
    );
    fc.assert(
      fc.property(fc.array(line), (lines) => {
        const { video, problem } = readSdp(lines.join('\r\n'));
        if (video === undefined) expect(problem).not.toBe('');
        else expect(video.clockRate).toBeGreaterThan(0);
      }),
    );
    fc.assert(fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => void readRtp(Buffer.from(bytes))));
  });
});

describe('timestamps of a stream', () => {
  const picture = { key: false, begins: true, picture: true };

  /** Corrected times, in s, of pictures that arrive every 100 ms with these timestamps. */
  function mapped(timestamps: readonly number[]): number[] {
    const times = new RtpTimes(90_000);
    const first = times.map({ timestamp: (timestamps[0] ?? 0) >>> 0, marker: true }, picture, 1_000_000);
    return timestamps.map((timestamp, n) =>
      n === 0
        ? 0
        : (times.map({ timestamp: timestamp >>> 0, marker: true }, picture, 1_000_000 + n * 100) - first) / 90_000,
    );
  }

  test('that are right stay unchanged, also with B-frames and at the 32-bit wrap', () => {
    expect(mapped([0, 27_000, 9_000, 18_000, 36_000].map((t) => t + 2 ** 32 - 20_000))).toEqual([
      0, 0.3, 0.1, 0.2, 0.4,
    ]);
  });

  test('that are wrong in any way are corrected to within 4 s of the clock', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.integer({ min: 0, max: 2 ** 32 - 1 }), fc.constantFrom(0, 90_000, 2 ** 31)), {
          minLength: 2,
          maxLength: 200,
        }),
        (timestamps) => {
          for (const [n, time] of mapped(timestamps).entries())
            expect(Math.abs(time - n / 10)).toBeLessThan(4 + timestamps.length / 1_000);
        },
      ),
    );
  });
});

test('UDP packets are put in order without duplicates, and wait a tenth of a second for a lost packet', () => {
  const clock = new FakeClock();
  const out: number[] = [];
  const order = new PacketOrder(clock, (packet) => out.push(packet.readUInt16BE(2)));
  const packet = (n: number) => Buffer.from([0x80, 0, n >> 8, n & 0xff]);
  for (const n of [65_534, 0, 65_535, 0, 1, 3, 4]) order.push(packet(n));
  expect(out).toEqual([65_534, 65_535, 0, 1]);
  clock.advance(150);
  expect(out).toEqual([65_534, 65_535, 0, 1, 3, 4]);
  order.push(packet(2));
  expect(out).toHaveLength(6);
});

test('a delimiter ends a picture if the next one does not come at once, and never within a picture', () => {
  const clock = new FakeClock();
  const sent: Buffer[] = [];
  const ends = new PictureEndMarker({
    codec: 'H264',
    clockRate: 90_000,
    payloadType: 96,
    intervalMs: 1_000,
    clock,
    send: (one) => sent.push(one),
  });
  const next = (sequence: number, marker: boolean, begins: boolean) =>
    ends.next({ marker, sequence } as RtpPacket, { key: false, begins, picture: true }, 1_000, clock.uptime());
  expect([next(1, false, true), next(2, true, false)]).toEqual([1, 2]);
  clock.advance(300);
  expect(sent.map((one) => [one.readUInt16BE(6), one[16]])).toEqual([[3, 9]]);
  // packets after the delimiter are renumbered
  expect(next(3, true, true)).toBe(4);
  // a marker within a picture: from now on markers are not trusted
  expect(next(4, true, false)).toBe(5);
  clock.advance(1_000);
  expect(sent).toHaveLength(1);
});

test('JPEGs are found among other bytes, however the bytes are cut, also with a thumbnail inside', () => {
  const thumbnail = Buffer.from([0xff, 0xd8, 0xff, 0xdb, 0, 4, 1, 2, 0xff, 0xd9]);
  const inner = Buffer.concat([Buffer.from([0xff, 0xe1, 0, thumbnail.length + 2]), thumbnail]);
  const scan = Buffer.from([0xff, 0xda, 0, 4, 1, 2, 9, 0xff, 0, 8, 0xff, 0xd0, 7, 0xff, 0xff, 0xd9]);
  const jpeg = Buffer.concat([Buffer.from([0xff, 0xd8]), inner, scan]);
  const between = fc.oneof(
    fc.constantFrom('--edge\r\nContent-Length: 3\r\n\r\n', '\r\n', ''),
    fc.string({ unit: 'grapheme-ascii' }),
  );
  fc.assert(
    fc.property(fc.array(between, { minLength: 1, maxLength: 6 }), fc.integer({ min: 1, max: 40 }), (gaps, size) => {
      const found: Buffer[] = [];
      const reader = new JpegReader((one) => found.push(one));
      const bytes = Buffer.concat(gaps.flatMap((gap) => [Buffer.from(gap), jpeg]));
      for (let at = 0; at < bytes.length; at += size) reader.push(bytes.subarray(at, at + size));
      expect(found).toEqual(gaps.map(() => jpeg));
    }),
  );
});
