/** The events of all sites: when each happened, when its gateway took it and when the centre stored it. */
import { AsOf } from '../parts/as-of.tsx';
import './events.css';
import { Button, Select } from '@mantine/core';
import { Fragment, memo, type ReactNode, useEffect, useMemo, useRef, useState } from 'react';
import type { EventView } from '../../../events/schemas.ts';
import type { GatewayView } from '../../../gateways/schemas.ts';
import { Evidence } from '../evidence/evidence.tsx';
import { evidenceRefusal } from '../evidence/evidence-words.ts';
import type { Desk, EventFilter } from '../live/desk.ts';
import { type DeskState, oldOf } from '../live/desk-state.ts';
import { ChevronIcon } from '../parts/icons.tsx';
import { Mark } from '../parts/mark.tsx';
import { optionsOf } from '../parts/options.ts';
import { At } from '../parts/time-text.tsx';
import { useTexts } from '../texts/use-texts.ts';
import { doubtWords, leftOutWords } from './doubt-words.ts';
import { picturedIn } from './pictured.ts';
import { eventWords, typeChoices } from './summary.ts';
import { useEvents } from './use-events.ts';

export interface EventsCardProps {
  readonly desk: Desk;
  readonly state: DeskState;
}

/** An event that took longer than this to arrive was in a backlog, or a device had kept it. */
const lateMs = 60_000;
/** Most options that the searchable list shows at once. */
const shownOptions = 100;
/** Shared by all closed rows, so that a new command does not render them again. */
const noCommands: DeskState['commands'] = new Map();

export function EventsCard({ desk, state }: EventsCardProps): ReactNode {
  const texts = useTexts();
  const { t } = texts;
  const [filter, setFilter] = useState<EventFilter>({ gateway: '', device: '', type: '' });
  const [pointed, setPointed] = useState(false);
  const [open, setOpen] = useState<string | null>(null);
  const top = useRef<HTMLDivElement>(null);
  const scrolled = useIsAbove(top);
  const following = !pointed && open === null && !scrolled;
  const { list, problem, loadingOlder, leftOut, older, release } = useEvents(desk, filter, following);
  const filtered = filter.gateway !== '' || filter.device !== '' || filter.type !== '';
  const names = useNames(state);
  const old = oldOf(state);
  const left = leftOutWords(texts, leftOut, (gateway) => names.gateways.get(gateway) ?? gateway);

  const refusalOf = (gateway: GatewayView | undefined) => gateway && evidenceRefusal(texts, gateway);

  const showNew = () => {
    setOpen(null);
    release();
    if (scrolled) top.current?.scrollIntoView({ block: 'start' });
  };
  const choose = (name: keyof EventFilter) => (value: string | null) => setFilter({ ...filter, [name]: value ?? '' });

  return (
    <section className="card area-events" aria-labelledby="events-title">
      <div ref={top} className="events-top" />
      <div className="card-head events-head">
        <h2 className="card-title" id="events-title">
          {t('centre-page/events.title')}
        </h2>
        <span className="muted events-mode">
          {!following
            ? t('centre-page/events.held')
            : old === undefined
              ? t('centre-page/events.live')
              : t('centre-page/events.newest-first')}{' '}
          <AsOf old={old} />
          {left === '' ? null : <span className="warning"> {left}</span>}
        </span>
        <div className="events-filters">
          <Select
            aria-label={t('centre-page/events.gateway')}
            className="events-filter"
            placeholder={t('centre-page/events.all-gateways')}
            data={names.gatewayChoices}
            value={filter.gateway || null}
            onChange={choose('gateway')}
            clearable
            searchable
            limit={shownOptions}
            size="sm"
          />
          <Select
            aria-label={t('centre-page/events.device')}
            className="events-filter"
            placeholder={t('centre-page/events.all-devices')}
            data={names.deviceChoices}
            value={filter.device || null}
            onChange={choose('device')}
            clearable
            searchable
            limit={shownOptions}
            size="sm"
          />
          <Select
            aria-label={t('centre-page/events.type')}
            className="events-filter"
            placeholder={t('centre-page/events.all-types')}
            data={typeChoices(texts)}
            value={filter.type || null}
            onChange={choose('type')}
            clearable
            size="sm"
          />
        </div>
      </div>
      {problem === '' ? null : <div className="empty critical">{problem}</div>}
      {list.held.length > 0 || list.stale ? (
        <div className="events-new">
          <Button size="compact-sm" radius="xl" onClick={showNew}>
            {list.stale ? t('centre-page/events.many-new') : t('centre-page/events.new', { count: list.held.length })}
          </Button>
        </div>
      ) : null}
      {list.shown.length === 0 ? (
        list.loaded ? (
          <div className="empty">
            <strong>{filtered ? t('centre-page/events.no-match') : t('centre-page/events.none')}</strong>
            {filtered ? (
              <Button
                variant="subtle"
                size="compact-sm"
                onClick={() => setFilter({ gateway: '', device: '', type: '' })}
              >
                {t('centre-page/events.show-all')}
              </Button>
            ) : (
              t('centre-page/events.none-why')
            )}
          </div>
        ) : (
          <div className="empty" />
        )
      ) : (
        <div
          className="events"
          onPointerEnter={(event) => setPointed(event.pointerType === 'mouse')}
          onPointerLeave={() => setPointed(false)}
        >
          <div className="event event-titles" aria-hidden="true">
            <span />
            <span>{t('centre-page/events.col-happened')}</span>
            <span>{t('centre-page/events.col-taken')}</span>
            <span>{t('centre-page/events.col-stored')}</span>
            <span>{t('centre-page/events.col-kind')}</span>
            <span>{t('centre-page/events.col-where')}</span>
            <span>{t('centre-page/events.col-what')}</span>
          </div>
          {list.shown.map((event) => (
            <EventRow
              key={event.id}
              event={event}
              gateway={names.gateways.get(event.gateway) ?? event.gateway}
              device={names.devices.get(`${event.gateway}/${event.subject}`) ?? event.subject ?? ''}
              open={open === event.id}
              commands={open === event.id ? state.commands : noCommands}
              refused={refusalOf(state.gateways.get(event.gateway))}
              toggle={setOpen}
            />
          ))}
          {list.next === undefined ? null : (
            <div className="events-older">
              <Button variant="default" size="sm" loading={loadingOlder} onClick={older}>
                {t('centre-page/events.older')}
              </Button>
            </div>
          )}
        </div>
      )}
    </section>
  );
}

interface EventRowProps {
  readonly event: EventView;
  readonly gateway: string;
  readonly device: string;
  readonly open: boolean;
  /** commands, for an open row */
  readonly commands: DeskState['commands'];
  /** why the gateway sends no pictures */
  readonly refused: string | undefined;
  readonly toggle: (id: string | null) => void;
}

const EventRow = memo(function EventRow({
  event,
  gateway,
  device,
  open,
  commands,
  refused,
  toggle,
}: EventRowProps): ReactNode {
  const texts = useTexts();
  const { t } = texts;
  const { kind, tone, text } = eventWords(texts, event);
  const happened = event.corrected_time ?? event.time;
  const late = Date.parse(event.stored) - Date.parse(happened);
  const pictured = open ? picturedIn(event) : undefined;
  const doubt = doubtWords(texts, event);
  return (
    <Fragment>
      <button type="button" className="event" aria-expanded={open} onClick={() => toggle(open ? null : event.id)}>
        <span className={`event-chevron muted ${open ? 'is-open' : ''}`}>
          <ChevronIcon size={13} />
        </span>
        <span className="event-time" data-label={t('centre-page/events.happened')}>
          <At iso={happened} />
          {doubt !== undefined ? (
            <span className="warning"> {doubt}</span>
          ) : event.corrected_time !== undefined ? (
            <span className="muted" title={t('centre-page/events.clock-said', { time: event.time })}>
              {' '}
              {t('centre-page/events.corrected')}
            </span>
          ) : event.clock === 'unsynced' ? (
            <span className="warning"> {t('centre-page/events.clock-unsure')}</span>
          ) : null}
        </span>
        <span className="event-received" data-label={t('centre-page/events.taken')}>
          <At iso={event.corrected_received ?? event.received} />
        </span>
        <span className="event-stored" data-label={t('centre-page/events.stored')}>
          <At iso={event.stored} />
          {late > lateMs ? (
            <>
              {' '}
              <span className="event-late warning">
                {t('centre-page/events.later', { duration: texts.duration(late) })}
              </span>
            </>
          ) : null}
        </span>
        <span className="event-kind">
          <Mark tone={tone}>{kind}</Mark>
        </span>
        <span className="event-where">
          {device === '' ? gateway : device}
          {device === '' ? null : <span className="muted"> {gateway}</span>}
        </span>
        <span className="event-text">{text}</span>
      </button>
      {open && pictured !== undefined ? (
        <div className="event-pictures">
          <Evidence alarm={pictured} commands={commands} refused={refused} />
        </div>
      ) : null}
      {open ? <pre className="event-json">{JSON.stringify(event, null, 2)}</pre> : null}
    </Fragment>
  );
});

interface Names {
  readonly gateways: ReadonlyMap<string, string>;
  /** by gateway/device */
  readonly devices: ReadonlyMap<string, string>;
  readonly gatewayChoices: { value: string; label: string }[];
  readonly deviceChoices: { value: string; label: string }[];
}

function useNames({ gateways }: DeskState): Names {
  return useMemo(() => {
    const all = [...gateways.values()];
    const devices = all.flatMap((gateway) =>
      [...gateway.devices, ...gateway.cameras].map(({ id, name }) => ({ key: `${gateway.gateway}/${id}`, id, name })),
    );
    return {
      gateways: new Map(all.map(({ gateway, name }) => [gateway, name])),
      devices: new Map(devices.map(({ key, name }) => [key, name])),
      gatewayChoices: optionsOf(all.map(({ gateway, name }) => ({ value: gateway, label: name }))),
      deviceChoices: optionsOf(devices.map(({ id, name }) => ({ value: id, label: name }))),
    };
  }, [gateways]);
}

/** Whether `element` is scrolled out over the window's top, which means that a person reads further down. */
function useIsAbove(element: React.RefObject<HTMLElement | null>): boolean {
  const [above, setAbove] = useState(false);
  useEffect(() => {
    const target = element.current;
    if (target === null) return;
    const observer = new IntersectionObserver(
      ([entry]) => setAbove(entry !== undefined && !entry.isIntersecting && entry.boundingClientRect.top < 60),
      { rootMargin: '-54px 0px 0px 0px' },
    );
    observer.observe(target);
    return () => observer.disconnect();
  }, [element]);
  return above;
}
