/** What a statement that is not the present says beside itself: of when it is, and why. Nothing while it is the present. */
import type { ReactNode } from 'react';
import type { Old } from '../live/desk-state.ts';
import { useNow } from '../time.ts';
import { asOfWords } from './as-of-words.ts';

export function AsOf({ old }: { readonly old: Old | undefined }): ReactNode {
  const now = useNow();
  if (old === undefined) return null;
  return (
    <span className="as-of" title={`Not the present: ${old.why}`}>
      {asOfWords(old, now)}
    </span>
  );
}
