import { createServer } from 'node:net';
import { FakeClock } from '@forpost/shared/clock.ts';
import { ForpostError } from '@forpost/shared/errors.ts';
import { explainListenError } from '@forpost/shared/http/listen.ts';
import { silentLogger } from '@forpost/shared/logging.ts';
import { expect, test, vi } from 'vitest';
import { RetryingPage } from './retrying-page.ts';

/** A server on a port that may be taken. */
async function listening(port: number) {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(explainListenError(error, '127.0.0.1', port, 'http.port')));
    server.listen(port, '127.0.0.1', resolve);
  });
  return server;
}

test('while the page’s port is taken, the rest runs and a problem is reported; the page starts once the port is free', async () => {
  const other = await listening(0);
  const { port } = other.address() as { port: number };
  const clock = new FakeClock();
  let own: Awaited<ReturnType<typeof listening>> | undefined;
  const page = new RetryingPage({
    server: {
      url: `http://127.0.0.1:${port}`,
      start: async () => {
        own = await listening(port);
      },
      stop: async () => void own?.close(),
    },
    clock,
    logger: silentLogger(),
  });
  await page.start();
  expect([page.url, page.problems()]).toEqual([
    '',
    [
      expect.stringMatching(
        /^there is no page: .* is taken by another process: stop it, or set another one as http\.port$/,
      ),
    ],
  ]);
  await new Promise((resolve) => other.close(resolve));
  clock.advance(10_000);
  await vi.waitFor(() => expect(page.problems()).toEqual([]), { timeout: 10_000 });
  expect(page.url).toBe(`http://127.0.0.1:${port}`);
  await page.stop();
});

test('a wrong configuration of the page fails the start', async () => {
  const start = () => Promise.reject(new ForpostError('FORPOST_CONFIG_INVALID', 'http.host: no address'));
  const server = { url: '', start, stop: async () => {} };
  const page = new RetryingPage({ server, clock: new FakeClock(), logger: silentLogger() });
  await expect(page.start()).rejects.toThrow('http.host: no address');
});
