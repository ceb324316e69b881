/** The alarms: open ones first (active, or over and not acknowledged), then those that ended in the last day. */
import { AsOf } from '../parts/as-of.tsx';
import './alarms.css';
import { Button, VisuallyHidden } from '@mantine/core';
import { type ReactNode, useEffect, useRef, useState } from 'react';
import type { AlarmView } from '../../../alarms/schemas.ts';
import { Evidence } from '../evidence/evidence.tsx';
import { evidenceRefusal } from '../evidence/evidence-words.ts';
import { alarmKey, type DeskState, oldOf, sortedAlarms } from '../live/desk-state.ts';
import type { CardProps } from '../parts/card.ts';
import { CheckIcon } from '../parts/icons.tsx';
import { Mark, markOfSeverity, severityWord } from '../parts/mark.tsx';
import { ActiveFor, At } from '../parts/time-text.tsx';
import type { PageTexts } from '../texts/page-texts.ts';
import { useTexts } from '../texts/use-texts.ts';
import { Acknowledge, Progress } from './acknowledge.tsx';
import { alarmMessage, alarmSummary } from './alarm-words.ts';
import { announce, nothingAnnounced } from './announcing.ts';
import { heldList, nothingBefore, useHold, waitingWords } from './holding.ts';
import { notListedWords } from './not-listed-words.ts';

const shownEnded = 3;
/** Alarms shown at first, the gravest ones, so that the list does not push the gateways off the screen. */
const shownActive = 8;
const noneOpened: ReadonlySet<string> = new Set();

export function AlarmsCard({ state, desk }: CardProps): ReactNode {
  const texts = useTexts();
  const { t } = texts;
  const [all, setAll] = useState(false);
  const [announced, setAnnounced] = useState(nothingAnnounced);
  const { alarms, asked } = state;
  useEffect(() => {
    if (asked.alarms.answered) setAnnounced((before) => announce(texts, before, alarms.values()));
  }, [texts, alarms, asked.alarms.answered]);
  const sorted = sortedAlarms(state.alarms.values());
  const open = sorted.filter((alarm) => alarm.open);
  const ended = sorted.filter((alarm) => !alarm.open);
  const now = [...open.slice(0, all ? undefined : shownActive), ...ended.slice(0, all ? undefined : shownEnded)];
  const card = useRef<HTMLElement>(null);
  const [opened, setOpened] = useState<ReadonlySet<string>>(noneOpened);
  const [held, release] = useHold(card, opened.size > 0);
  const before = useRef(nothingBefore);
  const isHeld = held && before.current.rows.length > 0;
  const { rows: shown, waiting } = isHeld ? heldList(before.current, sorted, state.alarms) : { rows: now, waiting: [] };
  useEffect(() => {
    if (!isHeld) before.current = { rows: shown.map(alarmKey), known: new Set(sorted.map(alarmKey)) };
  });
  const hidden = sorted.length - shown.length;
  const note = (key: string) => (isOpen: boolean) =>
    setOpened((known) => new Set(isOpen ? [...known, key] : [...known].filter((one) => one !== key)));
  const showNew = () => {
    before.current = nothingBefore;
    release();
  };
  return (
    <section className="card area-alarms" aria-labelledby="alarms-title" ref={card}>
      <div className="card-head">
        <h2 className="card-title" id="alarms-title">
          {t('centre-page/alarms.title')}
        </h2>
        <span className="muted">
          {openWords(texts, state, open)} <AsOf old={oldOf(state)} />
        </span>
      </div>
      {waiting.length > 0 ? (
        <div className="alarms-new">
          <Button size="sm" radius="xl" onClick={showNew}>
            <span className="alarms-new-words">{waitingWords(texts, waiting)}</span>
          </Button>
        </div>
      ) : null}
      {sorted.length === 0 && state.asked.alarms.answered && state.asked.alarms.problem === '' ? (
        <div className="empty">
          <strong>{t('centre-page/alarms.none')}</strong>
          {t('centre-page/alarms.none-why')}
        </div>
      ) : (
        <ul className="alarms">
          {shown.map((alarm) => (
            <AlarmRow
              key={alarmKey(alarm)}
              alarm={alarm}
              state={state}
              acknowledge={desk.acknowledge}
              opened={note(alarmKey(alarm))}
              held={isHeld}
            />
          ))}
        </ul>
      )}
      {state.notListed.length === 0 ? null : (
        <p className="alarms-not-listed muted">
          {notListedWords(texts, state.notListed, (gateway) => state.gateways.get(gateway)?.name ?? gateway)}
        </p>
      )}
      <VisuallyHidden role="status">{announced.words}</VisuallyHidden>
      {hidden > 0 || all ? (
        <div className="alarms-more">
          <Button
            variant="subtle"
            size="sm"
            color="gray"
            onClick={() => {
              before.current = nothingBefore;
              setAll(!all);
            }}
          >
            {all ? t('centre-page/alarms.show-fewer') : t('centre-page/alarms.show-more', { count: hidden })}
          </Button>
        </div>
      ) : null}
    </section>
  );
}

function openWords({ t }: PageTexts, { asked, moreActive }: DeskState, open: readonly AlarmView[]): string {
  const active = open.filter((alarm) => alarm.active).length;
  const over = open.length - active;
  const words = [
    ...(active > 0 ? [t('centre-page/alarms.active', { count: active })] : []),
    ...(over > 0 ? [t('centre-page/alarms.over-open', { count: over })] : []),
  ].join(', ');
  if (words !== '') return moreActive ? t('centre-page/alarms.and-more', { words }) : words;
  if (asked.alarms.problem !== '') return t('centre-page/summary.unknown');
  return asked.alarms.answered ? t('centre-page/alarms.none-active') : '';
}

interface AlarmRowProps {
  readonly state: DeskState;
  /** sends the command; resolves when the centre has stored it */
  readonly acknowledge: (alarm: AlarmView) => Promise<void>;
  readonly alarm: AlarmView;
  /** called when the alarm's pictures are opened or closed */
  readonly opened: (isOpen: boolean) => void;
  /** keeps the row's height, although its text becomes shorter */
  readonly held: boolean;
}

function AlarmRow({ alarm, state, acknowledge, opened, held }: AlarmRowProps): ReactNode {
  const texts = useTexts();
  const { t } = texts;
  const row = useRef<HTMLLIElement>(null);
  const [least, setLeast] = useState<number | undefined>(undefined);
  useEffect(() => {
    setLeast(held ? row.current?.getBoundingClientRect().height : undefined);
  }, [held]);
  const { tone, icon: Icon } = markOfSeverity(alarm.severity);
  const gateway = state.gateways.get(alarm.gateway);
  const device =
    gateway?.devices.find(({ id }) => id === alarm.device) ?? gateway?.cameras.find(({ id }) => id === alarm.device);
  return (
    <li
      className={`alarm is-${tone} ${alarm.open ? 'is-active' : 'is-over'}`}
      ref={row}
      tabIndex={-1}
      style={{ minHeight: least }}
    >
      <span className={`alarm-icon ${alarm.open ? tone : 'muted'}`}>
        <Icon size={20} />
      </span>
      <div className="alarm-text">
        <div className="alarm-message clamped">
          <span className={`alarm-severity ${alarm.open ? tone : 'muted'}`}>{severityWord(texts, alarm.severity)}</span>{' '}
          {alarm.active ? alarmMessage(texts, alarm) : alarmSummary(texts, alarm)}
        </div>
        <div className="path">
          {[alarm.site, gateway?.name ?? alarm.gateway, device?.name ?? alarm.device_name ?? alarm.device]
            .filter((part) => part !== '')
            .join(' › ')}
          {alarm.place === undefined ? '' : ` · ${alarm.place}`}
          {valueWords(texts, alarm)}
          {alarm.count > 1 ? ` · ${t('centre-page/alarms.times', { count: alarm.count })}` : ''}
        </div>
      </div>
      <div className="alarm-state">
        <span className="alarm-since">
          {alarm.active ? (
            <ActiveFor iso={alarm.raised} />
          ) : (
            <>
              <At iso={alarm.raised} />
              <span className="muted">
                {' '}
                {t('centre-page/alarms.lasted', {
                  duration: texts.duration(Date.parse(alarm.ended ?? alarm.changed) - Date.parse(alarm.raised)),
                })}
              </span>
            </>
          )}
        </span>
        <span className="alarm-marks">
          {alarm.test ? <Mark tone="info">{t('centre-page/alarms.test')}</Mark> : null}
          {alarm.acknowledged ? (
            <Acknowledged alarm={alarm} />
          ) : alarm.open ? (
            <Mark tone={tone}>{t('centre-page/alarms.not-acknowledged')}</Mark>
          ) : null}
          {alarm.active ? (
            <Mark tone="quiet">{t('centre-page/alarms.is-active')}</Mark>
          ) : (
            <Mark tone="good">{t('centre-page/alarms.is-over')}</Mark>
          )}
        </span>
        {alarm.open && !alarm.acknowledged ? (
          <Acknowledge alarm={alarm} commands={state.commands} acknowledge={acknowledge} row={row} />
        ) : alarm.acknowledged_where === 'centre only' ? (
          <Progress alarm={alarm} commands={state.commands} />
        ) : null}
      </div>
      <Evidence
        alarm={alarm}
        commands={state.commands}
        refused={gateway && evidenceRefusal(texts, gateway)}
        onOpened={opened}
      />
    </li>
  );
}

/** The value of an active alarm; the worst value of an ended alarm, because its last value is a good one. */
function valueWords({ t, metricValue }: PageTexts, { active, cause, value, peak }: AlarmView): string {
  const shown = active ? value : peak;
  if (shown === undefined) return '';
  const words = metricValue(cause, shown);
  return ` · ${active ? words : t('centre-page/alarms.worst', { value: words })}`;
}

function Acknowledged({ alarm }: { readonly alarm: AlarmView }): ReactNode {
  const { acknowledged_by: by, acknowledged_at: at, acknowledged_where: where } = alarm;
  const { t } = useTexts();
  const title = where === 'centre only' ? { title: t('centre-page/alarms.centre-only-title') } : {};
  return (
    <Mark tone="quiet" icon={CheckIcon} {...title}>
      <span>
        {by === undefined
          ? t('centre-page/alarms.acknowledged')
          : t('centre-page/alarms.acknowledged-by', { user: by })}
        {at === undefined ? null : (
          <>
            {' '}
            <At iso={at} />
          </>
        )}
        {where === 'site' ? `, ${t('centre-page/alarms.on-site')}` : ''}
        {where === 'centre only' ? `, ${t('centre-page/alarms.centre-only')}` : ''}
      </span>
    </Mark>
  );
}
