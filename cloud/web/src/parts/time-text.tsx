/** Times in the viewer's time zone and language, with the full ISO time on hover. */
import type { ReactNode } from 'react';
import { useTexts } from '../texts/use-texts.ts';
import { useNow } from '../time.ts';

export interface TimeProps {
  /** RFC 3339 */
  readonly iso: string;
}

/** "14:03:07" */
export function At({ iso }: TimeProps): ReactNode {
  const texts = useTexts();
  const now = useNow();
  return (
    <time dateTime={iso} title={iso}>
      {texts.dateTime(iso, now)}
    </time>
  );
}

/** "3 s ago" */
export function Ago({ iso }: TimeProps): ReactNode {
  const texts = useTexts();
  const now = useNow();
  return (
    <time dateTime={iso} title={iso}>
      {texts.ago(now - Date.parse(iso))}
    </time>
  );
}

/** "for 5 min": how long an alarm has been active */
export function ActiveFor({ iso }: TimeProps): ReactNode {
  const texts = useTexts();
  const now = useNow();
  return (
    <time dateTime={iso} title={iso}>
      {texts.t('centre-page/alarms.active-for', { duration: texts.duration(now - Date.parse(iso)) })}
    </time>
  );
}
