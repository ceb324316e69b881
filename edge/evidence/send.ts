/** Sends a kept piece of evidence to the centre, which asked for it. */

import type { Sentence } from '@forpost/shared/texts/sentence.ts';
import { message } from '@forpost/shared/texts/texts.ts';
import type { EvidenceStore } from './store.ts';
import type { EvidenceUpload } from './upload.ts';

export interface SendParts {
  readonly store: Pick<EvidenceStore, 'get' | 'pathOf'>;
  readonly uploads: Pick<EvidenceUpload, 'obstacle' | 'add'>;
}

/**
 * Queues the piece for the upload; it is queued on disk when this resolves. `id` and `sha256`: as the alarm names them.
 * `bytes`: its size; `problem`: why it cannot be sent.
 */
export async function sendKept(
  { store, uploads }: SendParts,
  id: string,
  sha256: string,
): Promise<{ readonly bytes: number } | { readonly problem: Sentence }> {
  const record = store.get(id);
  if (record?.sha256 !== sha256) return { problem: message('gateway/answer.evidence-deleted') };
  const { obstacle } = uploads;
  if (obstacle !== undefined) return { problem: obstacle };
  const { size } = record;
  await uploads.add({ id, sha256, size, path: store.pathOf(record) });
  return { bytes: size };
}
