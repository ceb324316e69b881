import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';

/** A server like those of the pages, in a process of its own, which sends itself requests and prints the results. */
const program = `
  import Fastify from 'fastify';
  import { boundRequests } from '@forpost/shared/http/bounded-requests.ts';
  import { silentLogger } from '@forpost/shared/logging.ts';
  import { runUntilSignal } from '@forpost/shared/run.ts';
  const logged = [];
  const app = Fastify();
  boundRequests(app, { error: ({ route, err }) => logged.push(route + ': ' + err.message) });
  const breaks = () => { throw new Error('a defect'); };
  app.get('/immediate', (request, reply) => { setImmediate(breaks); });
  app.post('/body', (request, reply) => { setTimeout(breaks, 1); });
  app.get('/promise', async () => { void Promise.resolve().then(breaks); await new Promise(() => {}); });
  app.get('/stream', (request, reply) => {
    reply.hijack();
    reply.raw.writeHead(200);
    reply.raw.write('x');
    setTimeout(breaks, 5);
  });
  app.get('/fine', async () => 'fine');
  const root = { start: () => app.listen({ port: 0 }), stop: () => app.close() };
  await runUntilSignal(root, silentLogger(), () => ({}));
  const base = 'http://127.0.0.1:' + app.server.address().port;
  const ends = async (path, init) => {
    try { await (await fetch(base + path, init)).text(); return 'answered'; } catch { return 'closed'; }
  };
  const said = [];
  for (const [path, init] of [
    ['/immediate'], ['/promise'], ['/stream'],
    ['/body', { method: 'POST', body: '{}', headers: { 'content-type': 'application/json' } }],
  ]) said.push(await ends(path, init));
  app.server.emit('error', new Error('EMFILE'));
  said.push(await ends('/fine'));
  process.stdout.write(JSON.stringify({ said, logged }) + '\\n');
  process.exit(7);`;

test('an unhandled error in a request closes its connection and is logged with its route; the server goes on', () => {
  const { status, stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8' });
  const { said, logged } = JSON.parse(stdout.trim().split('\n').at(-1) ?? '{}') as Record<string, unknown>;
  expect(said).toEqual(['closed', 'closed', 'closed', 'closed', 'answered']);
  expect(logged).toEqual([
    ...['/immediate', '/promise', '/stream', '/body'].map((route) => `${route}: a defect`),
    'undefined: EMFILE',
  ]);
  expect(status).toBe(7);
});
