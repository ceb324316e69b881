/** A decoder's result with its notes in English, for tests that read them. */
import { inEnglish } from '@forpost/shared/texts/english.ts';
import type { Decoded, Understood } from '../decoder.ts';

export interface UnderstoodInEnglish extends Omit<Understood, 'problems' | 'lost' | 'oddTime'> {
  readonly problems?: readonly { readonly path: string; readonly problem: string }[];
  readonly lost?: string;
  readonly oddTime?: string;
}

export type DecodedInEnglish = UnderstoodInEnglish | { readonly ok: false; readonly reason: string };

export function decodedInEnglish(decoded: Decoded): DecodedInEnglish {
  if (!decoded.ok) return { ok: false, reason: inEnglish(decoded.reason) };
  const { problems, lost, oddTime, ...rest } = decoded;
  return {
    ...rest,
    ...(problems && { problems: problems.map(({ path, problem }) => ({ path, problem: inEnglish(problem) })) }),
    ...(lost && { lost: inEnglish(lost) }),
    ...(oddTime && { oddTime: inEnglish(oddTime) }),
  };
}
