/** `evidence` {evidence, sha256}: the centre wants a picture or a clip that an alert named. It is sent to its receiver. */
import { message } from '@forpost/shared/texts/texts.ts';
import Type from 'typebox';
import type { CommandKind } from '../command-kind.ts';

export const evidence: CommandKind = {
  kind: 'evidence',
  arguments: Type.Object(
    { evidence: Type.String({ pattern: '^[0-9a-f]{16}$' }), sha256: Type.String({ pattern: '^[0-9a-f]{64}$' }) },
    { additionalProperties: false },
  ),
  async run({ evidence: id, sha256 }, context) {
    const sent = await context.sendEvidence(String(id), String(sha256));
    return 'problem' in sent
      ? { outcome: 'failed', message: sent.problem }
      : { outcome: 'applied', message: message('gateway/answer.evidence-coming', { count: sent.bytes }) };
  },
};
