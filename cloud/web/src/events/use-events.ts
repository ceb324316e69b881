/** The list's data: the first page by the filter, older ones on request, new ones from the stream. */
import { useCallback, useEffect, useRef, useState } from 'react';
import type { EventsAnswer, EventView } from '../../../api/schemas.ts';
import { get, sentence } from '../http.ts';
import { type Desk, type EventFilter, passes } from '../live/desk.ts';
import { type EventList, emptyList, firstPage, type Next, withNew, withOlder } from './list.ts';

const pageSize = 50;
/** While a backlog drains, hundreds of events a second arrive: asking again is cheaper than following each. */
const refreshMs = 2000;

export interface Events {
  readonly list: EventList;
  readonly problem: string;
  readonly loadingOlder: boolean;
  readonly older: () => void;
  /** shows what is held back */
  readonly release: () => void;
}

export function useEvents(desk: Desk, filter: EventFilter, following: boolean): Events {
  const [list, setList] = useState<EventList>(emptyList);
  const [problem, setProblem] = useState('');
  const [loadingOlder, setLoadingOlder] = useState(false);
  const [generation, setGeneration] = useState(0);
  const followingNow = useRef(following);
  followingNow.current = following;
  const { gateway, device, type } = filter;

  // biome-ignore lint/correctness/useExhaustiveDependencies: another generation asks for the first page again
  useEffect(() => {
    const wanted: EventFilter = { gateway, device, type };
    const stopping = new AbortController();
    let refresh: number | undefined;
    let early: { events: EventView[]; skipped: number } | undefined = { events: [], skipped: 0 };
    const load = () => {
      early = { events: [], skipped: 0 };
      get<EventsAnswer>(address(wanted, undefined), stopping.signal)
        .then(({ events, cursor }) => {
          // what came by the stream while the answer was on its way
          const meanwhile = early ?? { events: [], skipped: 0 };
          early = undefined;
          setList(withNew(firstPage(events, cursor), meanwhile.events, 0, true));
          setProblem('');
        })
        .catch((error: unknown) => {
          if (!stopping.signal.aborted) setProblem(sentence(error));
        });
    };
    load();
    const stop = desk.onEvents((batch) => {
      if (batch === undefined) {
        if (followingNow.current) load();
        else setList((before) => ({ ...before, stale: before.loaded }));
        return;
      }
      const events = batch.events.filter((event) => passes(event, wanted));
      if (early !== undefined) early.events.push(...events);
      else setList((before) => withNew(before, events, batch.skipped, followingNow.current));
      if (batch.skipped > 0 && followingNow.current && refresh === undefined) {
        refresh = window.setTimeout(() => {
          refresh = undefined;
          if (followingNow.current) load();
        }, refreshMs);
      }
    });
    return () => {
      stop();
      stopping.abort();
      window.clearTimeout(refresh);
      setList(emptyList);
    };
  }, [desk, gateway, device, type, generation]);

  const older = useCallback(() => {
    if (list.next === undefined || loadingOlder) return;
    setLoadingOlder(true);
    get<EventsAnswer>(address({ gateway, device, type }, list.next))
      .then(({ events, cursor }) => setList((before) => withOlder(before, events, cursor)))
      .catch((error: unknown) => setProblem(sentence(error)))
      .finally(() => setLoadingOlder(false));
  }, [gateway, device, type, list.next, loadingOlder]);

  const release = useCallback(() => {
    if (list.stale) setGeneration((before) => before + 1);
    else setList((before) => withNew(before, [], 0, true));
  }, [list.stale]);

  return { list, problem, loadingOlder, older, release };
}

function address(filter: EventFilter, next: Next | undefined): string {
  const query = new URLSearchParams({ limit: String(pageSize) });
  for (const [name, value] of Object.entries(filter)) if (value !== '') query.set(name, value);
  if (next !== undefined && 'cursor' in next) query.set('cursor', next.cursor);
  if (next !== undefined && 'before' in next) query.set('to', next.before);
  return `/api/v1/events?${query}`;
}
