/**
 * Routes of the site's document: read it, change it, undo it, see what changed. The page's server registers them behind its
 * log-in, the gateway's socket (socket.ts) for users of this machine.
 *
 * Always: a change names the revision that its author has seen (If-Match), else 428; over another one it is refused with
 * what others changed (412); a document that the next start would refuse, or that a part cannot take, is refused with every
 * problem (422). A refusal has changed nothing. Each change is a revision with its author, in the log and in the history.
 */

import { HttpProblem } from '@forpost/shared/http/problem.ts';
import { words } from '@forpost/shared/texts/english.ts';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import Type from 'typebox';
import type { Changed, ChangeRequest, Preview } from '../site/change.ts';
import { longestWhy, type SiteDocument } from '../site/document.ts';
import type { Edit } from '../site/document-edit.ts';
import { conflictInWords } from '../site/live-site.ts';
import { refusedFor } from '../site/refused-for.ts';
import type { Author, Revision } from '../site/revision.ts';
import type { Mistake } from '../site/values.ts';
import { sendJson, sendList } from './large-answer.ts';
import {
  changedAnswer,
  changeRefusals,
  changesAnswer,
  documentAnswer,
  notKept,
  previewAnswer,
  revisionsAnswer,
  valuesAnswer,
} from './schemas/site.ts';

export interface SiteRouteParts {
  readonly document: SiteDocument;
  /** who sent the request */
  readonly authorOf: (request: FastifyRequest) => Author;
  /** makes passwords for the devices and consumers of a document that have none; absent: nobody gets one here */
  readonly passwordsFor?: PasswordsFor | undefined;
}

export type PasswordsFor = (document: string) => Promise<{
  readonly made: readonly { readonly id: string; readonly password: string }[];
  readonly takeBack: () => Promise<void>;
}>;

const closed = { additionalProperties: false } as const;
/** As large as a file of the configuration may be, and its JSON form. */
const maxDocumentBytes = 4 * 1024 * 1024;
const mostEdits = 500;

const text = Type.String({ maxLength: maxDocumentBytes, description: 'the whole document, YAML' });
const why = Type.Optional(
  Type.String({ maxLength: longestWhy, description: 'the reason for the change; it stands in the history' }),
);
const seen = Type.String({
  pattern: '^[0-9a-f]{1,64}$',
  description: 'number of a revision, or the begin of its SHA-256',
});
const revisionParams = Type.Object({ revision: seen });
const diffQuery = Type.Object(
  { from: seen, to: Type.Optional(Type.String({ pattern: '^[0-9a-f]{1,64}$', description: 'default: the newest' })) },
  closed,
);
const passwords = Type.Optional(
  Type.Boolean({
    description: 'true: devices and consumers without a password get one; the answer has them, once',
    default: false,
  }),
);
const documentBody = Type.Object({ document: text, why, passwords }, closed);
const checkBody = Type.Object({ document: text }, closed);
const path = Type.Array(Type.Union([Type.String({ maxLength: 200 }), Type.Integer({ minimum: 0 })]), {
  minItems: 1,
  maxItems: 8,
  description: 'keys from the top of the document; in a list of entries the id of the entry, else the index',
});
const editsBody = Type.Object(
  {
    edits: Type.Array(
      Type.Union([
        Type.Object({ set: path, value: Type.Unknown({ description: 'the new value' }) }, closed),
        Type.Object({ remove: path }, closed),
      ]),
      { minItems: 1, maxItems: mostEdits, description: 'edits of fields and entries, all or none' },
    ),
    why,
    passwords,
  },
  closed,
);
const undoBody = Type.Object({ to: seen, why }, closed);
const applyBody = Type.Object({ why }, closed);
export const ifMatch = Type.Object({
  'if-match': Type.Optional(
    Type.String({ maxLength: 80, description: 'the revision that was edited: its ETag, SHA-256 or number' }),
  ),
});

const see = { right: 'see' } as const;
const act = { right: 'act' } as const;

export function registerSiteRoutes(app: FastifyInstance, parts: SiteRouteParts): void {
  registerReading(app, parts);
  registerWriting(app, parts);
}

function registerReading(app: FastifyInstance, { document }: SiteRouteParts): void {
  app.get(
    '/api/v1/site',
    {
      config: see,
      schema: {
        summary: 'The site’s document and its newest revision, which is its ETag',
        response: { 200: documentAnswer },
      },
    },
    async (_request, reply) => {
      tag(reply, document.newest);
      return { revision: document.newest, document: document.text };
    },
  );
  app.get(
    '/api/v1/site/values',
    {
      config: see,
      schema: {
        summary: 'The document’s values and its newest revision, which is its ETag',
        response: { 200: valuesAnswer },
      },
    },
    async (_request, reply) => {
      const { revision, json } = await document.values();
      tag(reply, revision);
      return sendJson(reply, { revision }, 'values', json);
    },
  );
  app.get(
    '/api/v1/site/revisions',
    {
      config: see,
      schema: {
        summary: 'Revisions that are kept, newest first: who changed what, when and why',
        response: { 200: revisionsAnswer },
      },
    },
    async () => ({ revisions: document.revisions() }),
  );
  app.get<{ Params: Type.Static<typeof revisionParams> }>(
    '/api/v1/site/revisions/:revision',
    {
      config: see,
      schema: {
        summary: 'A revision with its document',
        params: revisionParams,
        response: { 200: documentAnswer, ...notKept },
      },
    },
    async ({ params }) => {
      const kept = await document.read(params.revision);
      if (kept === undefined) throw noRevision(params.revision);
      return { revision: kept.revision, document: kept.text };
    },
  );
  app.get<{ Querystring: Type.Static<typeof diffQuery> }>(
    '/api/v1/site/diff',
    {
      config: see,
      schema: {
        summary: 'What changed between two revisions, in words',
        querystring: diffQuery,
        response: { 200: changesAnswer, ...notKept },
      },
    },
    async ({ query: { from, to } }) => {
      const changes = await document.difference(from, to);
      if (changes === undefined) throw noRevision(to === undefined ? from : `${from} or ${to}`);
      return { changes };
    },
  );
}

function registerWriting(app: FastifyInstance, { document, authorOf, passwordsFor }: SiteRouteParts): void {
  const large = { bodyLimit: 2 * maxDocumentBytes };
  app.put<{ Body: Type.Static<typeof documentBody>; Headers: Type.Static<typeof ifMatch> }>(
    '/api/v1/site',
    {
      config: act,
      ...large,
      schema: {
        summary: 'Replaces the document',
        headers: ifMatch,
        body: documentBody,
        response: { 200: changedAnswer, ...changeRefusals },
      },
    },
    async (request, reply) => {
      const { document: next, why: reason = '', passwords: wanted = false } = request.body;
      const change = { seen: seenIn(request), author: authorOf(request), why: reason, edit: () => next };
      return changed(reply, document, change, wanted ? passwordsFor : undefined);
    },
  );
  app.patch<{ Body: Type.Static<typeof editsBody>; Headers: Type.Static<typeof ifMatch> }>(
    '/api/v1/site',
    {
      config: act,
      ...large,
      schema: {
        summary: 'Edits fields and entries; comments and order stay',
        headers: ifMatch,
        body: editsBody,
        response: { 200: changedAnswer, ...changeRefusals },
      },
    },
    async (request, reply) => {
      const { edits, why: reason = '', passwords: wanted = false } = request.body;
      const edit = edits as readonly Edit[];
      const change = { seen: seenIn(request), author: authorOf(request), why: reason, edit };
      return changed(reply, document, change, wanted ? passwordsFor : undefined);
    },
  );
  app.post<{ Body: Type.Static<typeof checkBody> }>(
    '/api/v1/site/check',
    {
      config: act,
      ...large,
      schema: {
        summary: 'What a document would change, and why it would be refused',
        body: checkBody,
        response: { 200: previewAnswer },
      },
    },
    async ({ body }) => preview(await document.preview(body.document)),
  );
  app.post<{ Body: Type.Static<typeof undoBody>; Headers: Type.Static<typeof ifMatch> }>(
    '/api/v1/site/undo',
    {
      config: act,
      schema: {
        summary: 'Brings an old document back, as a new revision',
        headers: ifMatch,
        body: undoBody,
        response: { 200: changedAnswer, ...changeRefusals },
      },
    },
    async (request, reply) => {
      const { to, why: reason = '' } = request.body;
      return answer(reply, await document.undo(seenIn(request), to, { author: authorOf(request), why: reason }));
    },
  );
  app.get(
    '/api/v1/site/by-hand',
    { config: see, schema: { summary: 'What was edited by hand in the file', response: { 200: previewAnswer } } },
    async () => preview(await document.preview(await document.onDisk())),
  );
  app.post<{ Body: Type.Static<typeof applyBody> }>(
    '/api/v1/site/apply',
    {
      config: act,
      schema: {
        summary: 'Takes up the file that was edited by hand',
        body: applyBody,
        response: { 200: changedAnswer, 412: changeRefusals[412], 422: changeRefusals[422] },
      },
    },
    async (request, reply) =>
      answer(reply, await document.takeUp({ author: authorOf(request), why: request.body.why ?? '' })),
  );
}

/** Makes the change; with `passwordsFor` the answer has the passwords that it made. */
async function changed(
  reply: FastifyReply,
  document: SiteDocument,
  change: ChangeRequest,
  passwordsFor: PasswordsFor | undefined,
): Promise<object> {
  let made: Awaited<ReturnType<PasswordsFor>>['made'] = [];
  const makeSecrets = async (next: string) => {
    const given = await passwordsFor?.(next);
    made = given?.made ?? [];
    return given?.takeBack ?? (async () => undefined);
  };
  const told = answer(reply, await document.change({ ...change, makeSecrets }));
  return made.length === 0 ? told : sendList(reply, { ...told }, 'passwords', made);
}

/** The revision that the author has seen. @throws HttpProblem 428 without one */
export function seenIn({ headers }: FastifyRequest): string {
  const value = headers['if-match'];
  if (value === undefined) throw new HttpProblem(428, words('gateway/reason.revision-missing'));
  return value.replace(/^W\//, '').replaceAll('"', '');
}

/** The answer to a change. @throws HttpProblem for one that was not made */
export function answer(reply: FastifyReply, changed: Changed): object {
  if ('problems' in changed) {
    const { problems, mistakes } = changed;
    throw new HttpProblem(422, refusedFor(changed), {}, { problems, ...mistakesView(mistakes) });
  }
  if ('conflict' in changed) {
    const { conflict, newest, changes } = changed;
    throw new HttpProblem(412, conflictInWords(changed), { etag: `"${newest.sha256}"` }, { conflict, newest, changes });
  }
  const revision = 'unchanged' in changed ? changed.unchanged : changed.revision;
  tag(reply, revision);
  return 'unchanged' in changed ? { unchanged: revision } : { revision };
}

function preview({ changes, problems, mistakes }: Preview): object {
  return { changes, problems, ...mistakesView(mistakes) };
}

function mistakesView(mistakes: readonly Mistake[] | undefined): object {
  if (mistakes === undefined) return {};
  return {
    mistakes: mistakes.map(({ path, problem, sentence }) => ({ path, message: problem, message_i18n: sentence })),
  };
}

function tag(reply: FastifyReply, { sha256 }: Revision): void {
  reply.header('etag', `"${sha256}"`);
}

function noRevision(revision: string): HttpProblem {
  return new HttpProblem(404, words('gateway/reason.revision-not-kept', { revision }));
}
