/**
 * The note beside an outdated statement: its time, and the reason. No note while the page is live.
 */
import type { ReactNode } from 'react';
import type { Old } from '../live/desk-state.ts';
import { useTexts } from '../texts/use-texts.ts';
import { useNow } from '../time.ts';
import { asOfWords, whyOld } from './as-of-words.ts';

export function AsOf({ old }: { readonly old: Old | undefined }): ReactNode {
  const texts = useTexts();
  const now = useNow();
  if (old === undefined) return null;
  return (
    <span className="as-of" title={texts.t('centre-page/as-of.title', { why: whyOld(texts, old) })}>
      {asOfWords(texts, old, now)}
    </span>
  );
}
