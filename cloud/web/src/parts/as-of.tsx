/**
 * The note beside a statement that does not show the present: its time, and why. Nothing while it shows the present.
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
