/**
 * Serves the page's files, without a build step and without the internet: TypeScript modules with their types stripped,
 * style sheets, texts, and the modules of Lit and intl-messageformat from the installed packages, connected by an import
 * map.
 *
 * The document names its files under the path in a trusted proxy's header, or else relative to its own address: then a
 * proxy may show the page under any path that ends in a slash (nginx redirects there by itself).
 *
 * Always: only files that were listed at the start are served, so no address can reach another file; the page's
 * document names each module of the first paint for preloading, and its import map is allowed by its hash alone.
 */
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip as gzipped } from 'node:zlib';
import { scriptHash } from '@forpost/shared/http/security-headers.ts';
import { strip, stripped } from '@forpost/shared/stripping/stripped.mjs';
import { catalogue } from '@forpost/shared/texts/catalogue/all.ts';
import { type Language, languageOfHeader } from '@forpost/shared/texts/language.ts';
import { texts } from '@forpost/shared/texts/texts.ts';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { modulesBefore } from './page-modules.ts';

interface Asset {
  readonly file: string;
  readonly type: string;
  /** read, stripped, packed and hashed at the first request */
  loaded?: Promise<Loaded>;
}

/** Kept documents: one for each language and each path under which a trusted proxy shows the page (one or two). */
const mostDocuments = 16;

interface PageDocument {
  readonly html: string;
  /** hash of the import map, for the content security policy */
  readonly importMapHash: string;
}

interface Loaded {
  readonly body: Buffer;
  /** packed by brotli (RFC 7932); every browser with import maps accepts it, but only over https */
  readonly brotli: Buffer;
  readonly gzip: Buffer;
  readonly etag: string;
}

const types: Readonly<Record<string, string>> = {
  '.ts': 'text/javascript; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/** Packages of the page. `neededBy`: the package that depends on it, from whose folder it is resolved; undefined: the edge. */
const packages = [
  { name: 'lit', entry: 'index.js', neededBy: undefined },
  { name: 'lit-html', entry: 'lit-html.js', neededBy: 'lit' },
  { name: 'lit-element', entry: 'lit-element.js', neededBy: 'lit' },
  { name: '@lit/reactive-element', entry: 'reactive-element.js', neededBy: 'lit' },
  { name: 'intl-messageformat', entry: 'index.js', neededBy: undefined },
  { name: '@formatjs/fast-memoize', entry: 'index.js', neededBy: 'intl-messageformat' },
  { name: '@formatjs/icu-messageformat-parser', entry: 'index.js', neededBy: 'intl-messageformat' },
  { name: '@formatjs/icu-skeleton-parser', entry: 'index.js', neededBy: '@formatjs/icu-messageformat-parser' },
] as const;
/** The page's style sheets, in the order in which they count. */
const styles = ['base', 'alarms', 'cameras', 'devices', 'login', 'desk', 'camera-tools', 'earlier-alarms'];

/** Files of shared/texts/ that the page never imports: texts of other programs, all languages at once, types alone. */
const notOfPage =
  /(^|[\\/])((centre|centre-page|notification)\.[a-z]+|all|english|message|placeholders|recognise|sentence)\.ts$|\.test\.ts$|^testing[\\/]/;

const pageFolder = fileURLToPath(new URL('./page/', import.meta.url));
const textsFolder = fileURLToPath(new URL('../../shared/texts/', import.meta.url));

export class PageAssets {
  readonly #documents = new Map<string, PageDocument>();
  readonly #assets: ReadonlyMap<string, Asset>;
  readonly #firstModules: Readonly<Record<Language, readonly string[]>>;

  private constructor(assets: ReadonlyMap<string, Asset>, firstModules: Readonly<Record<Language, readonly string[]>>) {
    this.#assets = assets;
    this.#firstModules = firstModules;
  }

  /**
   * The document of the page. `root`: the path of the page without a slash at its end; . = relative to its own address.
   * `language`: the browser's; the page's script applies a person's own choice.
   */
  documentAt(root: string, language: Language = 'en'): PageDocument {
    const known = this.#documents.get(`${language} ${root}`);
    if (known !== undefined) return known;
    if (this.#documents.size >= mostDocuments) this.#documents.clear();
    const importMap = JSON.stringify({ imports: imports(root) });
    const html = documentHtml(root, language, importMap, this.#firstModules[language]);
    const document = { html, importMapHash: scriptHash(importMap) };
    this.#documents.set(`${language} ${root}`, document);
    return document;
  }

  /** Lists the files that may be served, and finds the modules of the first paint. */
  static async load(): Promise<PageAssets> {
    const assets = new Map<string, Asset>();
    await list(pageFolder, '/page/', assets, (file) => !/\.(test|d)\.ts$/.test(file) && !file.endsWith('.json'));
    await list(textsFolder, '/texts/', assets, (file) => file.endsWith('.ts') && !notOfPage.test(file));
    const folders = new Map<string, string>();
    for (const { name, neededBy } of packages) {
      const folder = packageFolder(name, neededBy === undefined ? undefined : folders.get(neededBy));
      folders.set(name, folder);
      await list(
        folder,
        `/vendor/${name}/`,
        assets,
        (file) => file.endsWith('.js') && !/^(development|node)[\\/]|\.iife\.js$/.test(file),
      );
    }
    const first = async (language: Language) =>
      modulesBefore(['/page/main.ts', `/page/texts/own-${language}.ts`], imports(''), async (path) => {
        const asset = assets.get(path);
        return asset === undefined ? undefined : await readFile(asset.file, 'utf8');
      });
    return new PageAssets(assets, { en: await first('en'), ru: await first('ru') });
  }

  /** `rootOf`: the `root` of a request's document, see `documentAt`. */
  register(app: FastifyInstance, rootOf: (request: FastifyRequest) => string): void {
    const open = { config: { right: 'open' }, schema: { hide: true } } as const;
    app.get('/', open, async (request, reply) =>
      reply
        .header('vary', 'x-forwarded-prefix, accept-language')
        .type('text/html; charset=utf-8')
        .send(this.documentAt(rootOf(request), languageOfHeader(request.headers['accept-language'])).html),
    );
    app.get('/favicon.ico', open, async (request, reply) => reply.redirect(`${rootOf(request)}/page/icon.svg`));
    const serve = (request: FastifyRequest, reply: FastifyReply) => this.#serve(request, reply);
    app.get('/page/*', open, serve);
    app.get('/texts/*', open, serve);
    app.get('/vendor/*', open, serve);
  }

  async #serve(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply | undefined> {
    const asset = this.#assets.get(request.url.split('?', 1)[0] ?? '');
    if (asset === undefined) {
      reply.callNotFound();
      return undefined;
    }
    asset.loaded ??= load(asset.file);
    const { body, brotli, gzip, etag } = await asset.loaded;
    // the browser asks each time and gets 304 for an unchanged file, so that an update is visible at once
    reply.header('cache-control', 'no-cache').header('etag', etag).header('vary', 'accept-encoding');
    if (request.headers['if-none-match'] === etag) return reply.code(304).send();
    reply.type(asset.type);
    const taken = request.headers['accept-encoding'] ?? '';
    if (/\bbr\b/.test(taken)) return reply.header('content-encoding', 'br').send(brotli);
    if (/\bgzip\b/.test(taken)) return reply.header('content-encoding', 'gzip').send(gzip);
    return reply.send(body);
  }
}

function imports(root: string): Record<string, string> {
  const map: Record<string, string> = { '@forpost/shared/texts/': `${root}/texts/` };
  for (const { name, entry } of packages) {
    map[name] = `${root}/vendor/${name}/${entry}`;
    map[`${name}/`] = `${root}/vendor/${name}/`;
  }
  return map;
}

async function list(
  folder: string,
  prefix: string,
  assets: Map<string, Asset>,
  wanted: (file: string) => boolean,
): Promise<void> {
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const file = join(entry.parentPath, entry.name);
    const path = relative(folder, file);
    const type = types[/\.[a-z]+$/.exec(entry.name)?.[0] ?? ''];
    if (!entry.isFile() || type === undefined || !wanted(path)) continue;
    assets.set(prefix + path.split(sep).join('/'), { file, type });
  }
}

/** The folder of an installed package, wherever npm has put it. */
function packageFolder(name: string, from: string | undefined): string {
  const entry = createRequire(from === undefined ? import.meta.url : join(from, 'index.js')).resolve(name);
  const marker = join('node_modules', ...name.split('/')) + sep;
  const at = entry.lastIndexOf(marker);
  if (at < 0) throw new Error(`${name} is not where npm puts packages: ${entry}`);
  return entry.slice(0, at + marker.length);
}

/** Packs each file once, in libuv's threads, so that nothing in the main thread waits. */
async function load(file: string): Promise<Loaded> {
  const raw = await readFile(file);
  const body = file.endsWith('.ts') ? Buffer.from(codeOf(raw.toString('utf8'))) : raw;
  const [brotli, gzip] = await Promise.all([promisify(brotliCompress)(body, brotliOptions), promisify(gzipped)(body)]);
  return { body, brotli, gzip, etag: `"${createHash('sha256').update(body).digest('base64url')}"` };
}

/** Level 9 of 11: the last two take four times as long and save 2 %. */
const brotliOptions = { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } };

/** The code without types. Prepared code is preferred: stripping here would load a compiler into the gateway for good. */
function codeOf(source: string): string {
  return stripped(source) ?? strip(source);
}

function documentHtml(root: string, language: Language, importMap: string, preload: readonly string[]): string {
  const { t } = texts(language, {
    common: catalogue[language].common,
    'gateway-page': catalogue[language]['gateway-page'],
  });
  return `<!doctype html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover">
<meta name="color-scheme" content="light dark">
<meta name="forpost-base" content="${root}">
<title>Forpost</title>
<link rel="icon" href="${root}/page/icon.svg" type="image/svg+xml">
${styles.map((name) => `<link rel="stylesheet" href="${root}/page/styles/${name}.css">`).join('\n')}
<script type="importmap">${importMap}</script>
${preload.map((path) => `<link rel="modulepreload" href="${root}${path}">`).join('\n')}
<script type="module" src="${root}/page/main.ts"></script>
</head>
<body>
<p id="waiting" role="status">${t('gateway-page/document.waiting')}</p>
<forpost-console></forpost-console>
<noscript>${t('gateway-page/document.no-script')}</noscript>
</body>
</html>
`;
}
