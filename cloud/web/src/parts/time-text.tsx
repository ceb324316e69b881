/** Times as people read them, in the viewer's zone, with the full ISO time on hover. */
import type { ReactNode } from 'react';
import { ago, dateTime, duration } from '../format.ts';
import { useNow } from '../time.ts';

export interface TimeProps {
  /** RFC 3339 */
  readonly iso: string;
}

export function At({ iso }: TimeProps): ReactNode {
  const now = useNow();
  return (
    <time dateTime={iso} title={iso}>
      {dateTime(iso, now)}
    </time>
  );
}

export function Ago({ iso }: TimeProps): ReactNode {
  const now = useNow();
  return (
    <time dateTime={iso} title={iso}>
      {ago(now - Date.parse(iso))}
    </time>
  );
}

export function For({ iso }: TimeProps): ReactNode {
  const now = useNow();
  return (
    <time dateTime={iso} title={iso}>
      {duration(now - Date.parse(iso))}
    </time>
  );
}
