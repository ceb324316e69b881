/**
 * The demo's receiver of notifications: prints the centre's notifications and keeps the newest. `GET /notifications`
 * returns them with their times of arrival (ms since 1970). `node scripts/demo/receiver.ts --port 8091`
 *
 * Always: memory is bounded; the server listens on loopback only; it ends on SIGTERM or when its standard input closes.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { parseArgs } from 'node:util';
import { requireNode } from '@forpost/shared/node-version.ts';
import { stopWithParent } from '@forpost/shared/run.ts';

export interface ArrivedNotification {
  /** ms since 1970 */
  readonly at: number;
  /** the alert event's id */
  readonly id: string;
  readonly rule: string;
  readonly device: string;
  readonly change: string;
  readonly severity: string;
  readonly message: string;
  readonly alarm: string;
}

const maxKept = 5_000;
const maxBodyBytes = 65_536;

requireNode();
stopWithParent();
const { values } = parseArgs({ options: { port: { type: 'string', default: '8091' } } });
const kept: ArrivedNotification[] = [];

const server = createServer((request, response) => {
  if (request.method === 'GET' && request.url === '/notifications') {
    answer(response, 200, { notifications: kept });
  } else if (request.method === 'POST') {
    receive(request, response).catch((error: unknown) => {
      process.stderr.write(`a request that is no notification: ${error instanceof Error ? error.message : error}\n`);
      answer(response, 400, {});
    });
  } else answer(response, 404, {});
});
server.listen(Number(values.port), '127.0.0.1', () =>
  process.stdout.write(`${JSON.stringify({ ready: { port: Number(values.port) } })}\n`),
);
for (const signal of ['SIGTERM', 'SIGINT'] as const)
  process.on(signal, () => {
    server.close(() => process.exit(0));
    server.closeAllConnections();
  });

async function receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const at = Date.now();
  let body = '';
  for await (const chunk of request) {
    body += String(chunk);
    if (body.length > maxBodyBytes) throw new RangeError('too long');
  }
  const { id, rule, device, change, severity, message, alarm } = JSON.parse(body);
  kept.push({ at, id, rule, device, change, severity, message, alarm });
  if (kept.length > maxKept) kept.shift();
  process.stdout.write(`${new Date(at).toISOString()} ${severity} ${change}: ${message} (${device}, rule ${rule})\n`);
  answer(response, 200, { taken: true });
}

function answer(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
