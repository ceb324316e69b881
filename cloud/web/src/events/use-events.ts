/** The list's data and actions for a component, with one feed for each filter. */
import { useCallback, useEffect, useRef, useState } from 'react';
import type { EventsAnswer } from '../../../events/schemas.ts';
import { wait } from '../asking.ts';
import { get, sentence } from '../http.ts';
import { type Desk, type EventFilter, passes } from '../live/desk.ts';
import { useTexts } from '../texts/use-texts.ts';
import { EventFeed, emptyFeed, type FeedState } from './feed.ts';
import type { Next } from './list.ts';

/** Events per page; fewer on a phone, where an event takes three lines. */
const pageSize = () => (window.matchMedia('(max-width: 720px)').matches ? 25 : 50);

export interface Events extends FeedState {
  readonly older: () => void;
  /** shows the events that are held back */
  readonly release: () => void;
}

export function useEvents(desk: Desk, filter: EventFilter, following: boolean): Events {
  const texts = useTexts();
  const [state, setState] = useState(emptyFeed);
  const feed = useRef<EventFeed | undefined>(undefined);
  const followingNow = useRef(following);
  followingNow.current = following;
  const { gateway, device, type } = filter;

  useEffect(() => {
    const wanted: EventFilter = { gateway, device, type };
    const made = new EventFeed({
      ask: (next, signal) => get<EventsAnswer>(address(wanted, next), signal),
      passes: (event) => passes(event, wanted),
      following: () => followingNow.current,
      changed: setState,
      sentence: (error) => sentence(texts, error),
      wait,
    });
    feed.current = made;
    made.load();
    const stop = desk.onEvents((batch) => made.addBatch(batch));
    return () => {
      stop();
      made.stop();
      setState(emptyFeed);
    };
  }, [desk, gateway, device, type, texts]);

  const older = useCallback(() => void feed.current?.older(), []);
  const release = useCallback(() => feed.current?.release(), []);
  return { ...state, older, release };
}

function address(filter: EventFilter, next: Next | undefined): string {
  const query = new URLSearchParams({ limit: String(pageSize()) });
  for (const [name, value] of Object.entries(filter)) if (value !== '') query.set(name, value);
  if (next !== undefined && 'cursor' in next) query.set('cursor', next.cursor);
  if (next !== undefined && 'before' in next) query.set('to', next.before);
  return `/api/v1/events?${query}`;
}
