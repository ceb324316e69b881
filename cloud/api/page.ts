/**
 * Serves the built files of the page, packed where the browser accepts that. A file's name carries a hash of its content,
 * so a browser keeps it for ever; it asks for the document each time, so an update is seen at once.
 *
 * Always: only files of the built folder are served. Without them the centre runs and says how to build the page. Behind a
 * proxy the page may lie under a path: where the path is known, the document states it and names its files by it.
 */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join, sep } from 'node:path';
import fastifyStatic from '@fastify/static';
import type { PrefixOf } from '@forpost/shared/http/forwarded.ts';
import { HttpProblem } from '@forpost/shared/http/problem.ts';
import { message } from '@forpost/shared/texts/texts.ts';
import type { FastifyInstance } from 'fastify';

const yearSeconds = 31_536_000;
const open = { config: { right: 'open' }, schema: { hide: true } } as const;

export function registerPage(app: FastifyInstance, folder: string, prefixOf: PrefixOf): void {
  const index = join(folder, 'index.html');
  if (!existsSync(index)) {
    app.get('/', open, async () => {
      throw new HttpProblem(503, message('centre/reason.page-not-built'));
    });
    return;
  }
  const html = readFileSync(index, 'utf8');
  app.register(async (scope) => {
    // the plugin's own routes declare no right
    scope.addHook('onRoute', (route) => {
      route.config = { ...route.config, right: 'open' };
    });
    await scope.register(fastifyStatic, {
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
    scope.get('/', open, async (request, reply) => {
      const prefix = prefixOf(request);
      if (prefix === '') return reply.sendFile('index.html');
      const document = documentAt(html, prefix);
      const etag = `"${createHash('sha256').update(document).digest('base64url')}"`;
      reply.header('cache-control', 'no-cache').header('etag', etag).header('vary', 'x-forwarded-prefix');
      if (request.headers['if-none-match'] === etag) return reply.code(304).send();
      return reply.type('text/html; charset=utf-8').send(document);
    });
  });
}

/** Vite names the files relative to the document; behind a path without a final slash the browser would look one folder too high. */
function documentAt(html: string, prefix: string): string {
  if (prefix === '') return html;
  return html
    .replace('<head>', `<head>\n    <meta name="forpost-base" content="${prefix}">`)
    .replaceAll(/(src|href)="\.\//g, `$1="${prefix}/`);
}
