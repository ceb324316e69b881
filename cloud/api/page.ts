/**
 * The page's built files, packed where the browser takes that. Their names carry a hash of their content, so a browser keeps them for ever; the document
 * itself is asked for again each time, so that an update is seen at once.
 *
 * Always: only files of the built folder are served; without them the centre runs and says how to build the page.
 */
import { existsSync } from 'node:fs';
import { join, sep } from 'node:path';
import fastifyStatic from '@fastify/static';
import { HttpProblem } from '@forpost/shared/http/problem.ts';
import type { FastifyInstance } from 'fastify';

const yearSeconds = 31_536_000;

export function registerPage(app: FastifyInstance, folder: string): void {
  if (!existsSync(join(folder, 'index.html'))) {
    app.get('/', { schema: { hide: true } }, async () => {
      throw new HttpProblem(503, 'the page is not built: run "npm run web", then start the centre again');
    });
    return;
  }
  app.register(fastifyStatic, {
    root: folder,
    cacheControl: false,
    schemaHide: true,
    // FILE.br and FILE.gz, which the build writes beside each file
    preCompressed: true,
    setHeaders: (reply, path) => {
      const named = path.includes(`${sep}assets${sep}`);
      reply.header('vary', 'accept-encoding');
      reply.header('cache-control', named ? `public, max-age=${yearSeconds}, immutable` : 'no-cache');
    },
  });
}
