/** A simulated HTTP camera, with real cameras' quirks as switches. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { CameraLogin, type LoginQuirks } from './camera-login.ts';
import { film } from './footage.ts';

export interface HttpCameraQuirks {
  /** default: endless JPEGs as multipart */
  readonly answers?: 'multipart' | 'snapshot' | 'bare JPEGs' | 'page';
  readonly rate?: number;
  /** multipart: the missing or wrong part of its headers */
  readonly parts?: 'right' | 'no first boundary' | 'no lengths' | 'wrong lengths' | 'no type named';
  readonly login?: LoginQuirks;
  readonly redirectTo?: string;
}

export interface SimulatedHttpCamera {
  readonly url: string;
  readonly requests: number;
  readonly wrongLogins: number;
  stop(): Promise<void>;
}

export async function startHttpCamera(quirks: HttpCameraQuirks = {}): Promise<SimulatedHttpCamera> {
  const { answers = 'multipart', rate = 5, parts = 'right' } = quirks;
  const login = quirks.login === undefined ? undefined : new CameraLogin(quirks.login);
  const pictures = (await film({ codec: 'JPEG', pictures: 10 })).pictures.map(
    ({ units }) => units[0] ?? Buffer.alloc(0),
  );
  const timers = new Set<NodeJS.Timeout>();
  let requests = 0;
  const answer = (request: IncomingMessage, response: ServerResponse) => {
    requests++;
    const refusal = login?.check(request.method ?? 'GET', request.headers.authorization);
    if (refusal !== undefined) return response.writeHead(401, { 'www-authenticate': [...refusal] }).end();
    if (quirks.redirectTo !== undefined) return response.writeHead(302, { location: quirks.redirectTo }).end();
    const picture = (n: number) => pictures[n % pictures.length] ?? Buffer.alloc(0);
    if (answers === 'page')
      return response.writeHead(200, { 'content-type': 'text/html' }).end('<html>Log in</html>'.repeat(100));
    if (answers === 'snapshot') return response.writeHead(200, { 'content-type': 'image/jpeg' }).end(picture(requests));
    const type = parts === 'no type named' ? {} : { 'content-type': 'multipart/x-mixed-replace; boundary=--edge' };
    response.writeHead(200, answers === 'bare JPEGs' ? { 'content-type': 'image/jpeg' } : type);
    let n = 0;
    const timer = setInterval(() => {
      response.write(answers === 'bare JPEGs' ? picture(n) : part(picture(n), parts, n === 0));
      n++;
    }, 1_000 / rate);
    timers.add(timer);
    response.once('close', () => clearInterval(timer));
    return undefined;
  };
  const server = createServer((request, response) => void answer(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/cgi-bin/picture.cgi?channel=1`,
    get requests() {
      return requests;
    },
    get wrongLogins() {
      return login?.wrong ?? 0;
    },
    async stop() {
      for (const timer of timers) clearInterval(timer);
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

function part(jpeg: Buffer, parts: HttpCameraQuirks['parts'], first: boolean): Buffer {
  const boundary = parts === 'no first boundary' && first ? '' : '\r\n----edge\r\n';
  const lengths: Readonly<Record<string, string>> = {
    'no lengths': '',
    'wrong lengths': `Content-Length: ${jpeg.length - 7}\r\n`,
  };
  const length = lengths[parts ?? ''] ?? `Content-Length: ${jpeg.length}\r\n`;
  return Buffer.concat([Buffer.from(`${boundary}Content-Type: image/jpeg\r\n${length}\r\n`), jpeg]);
}
