/**
 * `site.apply` {revision, document | document_gzip | edits, why}: the centre changes the site's document, through the same
 * door as the page. `revision`: the one that the person has seen, by number or SHA-256.
 *
 * Always: refused where the site says `local_only`, over another revision than the newest, and where the next start would
 * refuse the document. The same command again finds its document in force and is applied.
 */

import { gunzipSync } from 'node:zlib';
import { messageOf } from '@forpost/shared/errors.ts';
import type { Message } from '@forpost/shared/texts/message.ts';
import { message } from '@forpost/shared/texts/texts.ts';
import Type from 'typebox';
import type { Edit } from '../../site/document-edit.ts';
import type { CommandKind } from '../command-kind.ts';

/** The arguments of a command have 8 kB: a larger document comes compressed. */
const mostLetters = 8_000;
const mostDocumentBytes = 4 * 1024 * 1024;
const path = Type.Array(Type.Union([Type.String({ maxLength: 200 }), Type.Integer({ minimum: 0 })]), {
  minItems: 1,
  maxItems: 8,
});

export const siteApply: CommandKind = {
  kind: 'site.apply',
  arguments: Type.Object(
    {
      revision: Type.String({ pattern: '^[0-9a-f]{1,64}$' }),
      document: Type.Optional(Type.String({ maxLength: mostLetters })),
      /** gzip, base64 */
      document_gzip: Type.Optional(Type.String({ maxLength: mostLetters })),
      edits: Type.Optional(
        Type.Array(
          Type.Union([
            Type.Object({ set: path, value: Type.Unknown() }, { additionalProperties: false }),
            Type.Object({ remove: path }, { additionalProperties: false }),
          ]),
          { minItems: 1, maxItems: 100 },
        ),
      ),
      why: Type.Optional(Type.String({ maxLength: 500 })),
    },
    { additionalProperties: false },
  ),
  async run({ revision, document, document_gzip: gzip, edits, why = '' }, context, author) {
    const given = [document, gzip, edits].filter((one) => one !== undefined);
    if (given.length !== 1)
      return {
        outcome: 'refused',
        message: message('gateway/answer.one-of', { names: 'document, document_gzip, edits' }),
      };
    const replaced = edits === undefined ? whole(document, gzip) : undefined;
    if (replaced !== undefined && typeof replaced !== 'function') return { outcome: 'refused', message: replaced };
    const edit = replaced ?? (edits as readonly Edit[]);
    const changed = await context.changeSite({ seen: String(revision), why: String(why), edit }, author);
    return 'refused' in changed
      ? { outcome: 'refused', message: changed.refused }
      : { outcome: 'applied', message: changed.applied };
  },
};

/** The whole document as an edit, or why there is none. */
function whole(document: unknown, gzip: unknown): ((old: string) => string) | Message {
  if (typeof document === 'string') return () => document;
  try {
    const text = gunzipSync(Buffer.from(String(gzip), 'base64'), { maxOutputLength: mostDocumentBytes }).toString(
      'utf8',
    );
    return () => text;
  } catch (error) {
    return message('gateway/answer.unreadable-field', { name: 'document_gzip', error: messageOf(error) });
  }
}
