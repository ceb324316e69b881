/** The page's texts about a piece of evidence. */
import type { CommandView } from '../../../commands/schemas.ts';
import type { EvidenceView } from '../../../evidence/schemas.ts';
import type { GatewayView } from '../../../gateways/schemas.ts';
import type { PageTexts } from '../texts/page-texts.ts';

export function kindWords({ t }: PageTexts, kind: string): string {
  switch (kind) {
    case 'picture':
      return t('centre-page/evidence.picture');
    case 'best':
      return t('centre-page/evidence.best');
    case 'clip':
      return t('centre-page/evidence.clip');
    default:
      return t('centre-page/evidence.other');
  }
}

/** "2 pictures and 1 clip" */
export function piecesWords({ t, list }: PageTexts, evidence: readonly { readonly kind: string }[]): string {
  const pictures = evidence.filter(({ kind }) => kind !== 'clip').length;
  const clips = evidence.length - pictures;
  return list([
    ...(pictures > 0 ? [t('centre-page/evidence.pictures', { count: pictures })] : []),
    ...(clips > 0 ? [t('centre-page/evidence.clips', { count: clips })] : []),
  ]);
}

/** Why pictures of this gateway cannot be fetched; undefined where they can be fetched. */
export function evidenceRefusal(
  { say }: PageTexts,
  {
    evidence_refused: words,
    evidence_refused_i18n: text,
  }: Pick<GatewayView, 'evidence_refused' | 'evidence_refused_i18n'>,
): string | undefined {
  return words === undefined ? undefined : say(text, words);
}

/** Why the gateway does not send a piece, by its newest answer; empty where the piece may still come. */
export function failureOf({ t, say }: PageTexts, commands: Iterable<CommandView>, sha256: string): string {
  let newest: CommandView | undefined;
  for (const command of commands) {
    if (command.kind !== 'evidence' || command.arguments.sha256 !== sha256) continue;
    if (newest === undefined || command.issued >= newest.issued) newest = command;
  }
  if (newest === undefined || newest.state === 'sent' || newest.state === 'applied') return '';
  if (newest.state === 'unanswered') return t('centre-page/evidence.no-answer');
  return newest.message === ''
    ? t('centre-page/evidence.cannot')
    : t('centre-page/evidence.not-sent', { reason: say(newest.message_i18n, newest.message) });
}

export interface Awaited {
  readonly words: string;
  /** whether the piece is on its way */
  readonly waits: boolean;
}

/**
 * The text about a missing piece. `known`: the centre's state of the piece, undefined = never requested; `refused`: why
 * the last request was refused; `failure`: from `failureOf`; both '' where there is none.
 */
export function awaitedOf(
  { t, share }: PageTexts,
  known: EvidenceView | undefined,
  refused: string,
  failure: string,
): Awaited {
  if (refused !== '') return { words: t('centre-page/evidence.not-asked', { reason: refused }), waits: false };
  if (failure !== '') return { words: failure, waits: false };
  if (known === undefined) return { words: t('centre-page/evidence.asking'), waits: true };
  const percent = Math.floor((known.received / known.size) * 100);
  const words =
    percent > 0 ? t('centre-page/evidence.part', { part: share(percent / 100) }) : t('centre-page/evidence.asked');
  return { words, waits: true };
}
