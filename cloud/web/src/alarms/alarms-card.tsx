/** The alarms: what is wrong now first, then what ended in the last day. */
import './alarms.css';
import { Button, VisuallyHidden } from '@mantine/core';
import { type ReactNode, useEffect, useState } from 'react';
import type { AlarmView } from '../../../api/schemas.ts';
import { count, countOf, duration, metricValue } from '../format.ts';
import { type DeskState, sortedAlarms } from '../live/desk-state.ts';
import { CheckIcon } from '../parts/icons.tsx';
import { Mark, severityOf } from '../parts/mark.tsx';
import { At, For } from '../parts/time-text.tsx';
import { Acknowledge } from './acknowledge.tsx';
import { announce, nothingAnnounced } from './announcing.ts';
import { Evidence } from './evidence.tsx';

const shownEnded = 3;
/** The gravest come first; the rest must not push the gateways off the screen. */
const shownActive = 8;

export interface AlarmsCardProps {
  readonly state: DeskState;
  /** sends the command; resolves when the centre has it safe */
  readonly acknowledge: (alarm: AlarmView) => Promise<void>;
}

export function AlarmsCard({ state, acknowledge }: AlarmsCardProps): ReactNode {
  const [all, setAll] = useState(false);
  const [announced, setAnnounced] = useState(nothingAnnounced);
  const { alarms, asked } = state;
  useEffect(() => {
    if (asked.alarms.answered) setAnnounced((before) => announce(before, alarms.values()));
  }, [alarms, asked.alarms.answered]);
  const sorted = sortedAlarms(state.alarms.values());
  const active = sorted.filter((alarm) => alarm.active);
  const ended = sorted.filter((alarm) => !alarm.active);
  const shown = [...active.slice(0, all ? undefined : shownActive), ...ended.slice(0, all ? undefined : shownEnded)];
  const hidden = sorted.length - shown.length;
  return (
    <section className="card area-alarms" aria-labelledby="alarms-title">
      <div className="card-head">
        <h2 className="card-title" id="alarms-title">
          Alarms
        </h2>
        <span className="muted">{activeWords(state, active.length)}</span>
      </div>
      {sorted.length === 0 && state.asked.alarms.answered && state.asked.alarms.problem === '' ? (
        <div className="empty">
          <strong>No alarms in the last 24 hours</strong>
          An alarm appears here the moment a rule on a gateway raises one.
        </div>
      ) : (
        <ul className="alarms">
          {shown.map((alarm) => (
            <AlarmRow key={alarm.alarm} alarm={alarm} state={state} acknowledge={acknowledge} />
          ))}
        </ul>
      )}
      <VisuallyHidden role="status">{announced.words}</VisuallyHidden>
      {hidden > 0 || all ? (
        <div className="alarms-more">
          <Button variant="subtle" size="compact-sm" color="gray" onClick={() => setAll(!all)}>
            {all ? 'Show fewer' : `Show ${countOf(hidden, 'more alarm')} of the last 24 h`}
          </Button>
        </div>
      ) : null}
    </section>
  );
}

function activeWords({ asked, moreActive }: DeskState, active: number): string {
  if (active > 0) return `${count(active)}${moreActive ? ' or more' : ''} active`;
  return asked.alarms.problem !== '' ? 'not known' : asked.alarms.answered ? 'none active' : '';
}

interface AlarmRowProps extends AlarmsCardProps {
  readonly alarm: AlarmView;
}

function AlarmRow({ alarm, state, acknowledge }: AlarmRowProps): ReactNode {
  const { tone, icon: Icon, word } = severityOf(alarm.severity);
  const gateway = state.gateways.get(alarm.gateway);
  const device =
    gateway?.devices.find(({ id }) => id === alarm.device) ?? gateway?.cameras.find(({ id }) => id === alarm.device);
  return (
    <li className={`alarm is-${tone} ${alarm.active ? 'is-active' : 'is-over'}`}>
      <span className={`alarm-icon ${alarm.active ? tone : 'muted'}`}>
        <Icon size={20} />
      </span>
      <div className="alarm-text">
        <div className="alarm-message">
          <span className={`alarm-severity ${alarm.active ? tone : 'muted'}`}>{word}</span> {alarm.message}
        </div>
        <div className="path">
          {alarm.site} › {gateway?.name ?? alarm.gateway} › {device?.name ?? alarm.device}
          {alarm.value === undefined ? '' : ` · ${metricValue(alarm.cause, alarm.value)}`}
          {alarm.count > 1 ? ` · ${alarm.count} times` : ''}
        </div>
      </div>
      <div className="alarm-state">
        <span className="alarm-since">
          {alarm.active ? (
            <>
              for <For iso={alarm.raised} />
            </>
          ) : (
            <>
              <At iso={alarm.raised} />
              <span className="muted"> for {duration(Date.parse(alarm.changed) - Date.parse(alarm.raised))}</span>
            </>
          )}
        </span>
        <span className="alarm-marks">
          {alarm.test ? <Mark tone="info">Test</Mark> : null}
          {alarm.acknowledged ? (
            <Mark tone="quiet" icon={CheckIcon}>
              Acknowledged
            </Mark>
          ) : alarm.active ? (
            <Mark tone={tone}>Not acknowledged</Mark>
          ) : null}
          {alarm.active ? null : <Mark tone="good">Over</Mark>}
        </span>
        {alarm.active && !alarm.acknowledged ? (
          <Acknowledge alarm={alarm} commands={state.commands} acknowledge={acknowledge} />
        ) : null}
      </div>
      <Evidence alarm={alarm} commands={state.commands} />
    </li>
  );
}
