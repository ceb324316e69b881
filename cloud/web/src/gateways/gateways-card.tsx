/** The gateways: heard of or not, what waits on them, whether the history has all of theirs, and what is wrong there. */

import { post, sentence } from '../http.ts';
import { AsOf } from '../parts/as-of.tsx';
import { asOfWords } from '../parts/as-of-words.ts';
import { table } from '../parts/table.ts';
import { useNow } from '../time.ts';
import './gateways.css';
import { Button } from '@mantine/core';
import { type ReactNode, useState } from 'react';
import type { GatewayView } from '../../../gateways/schemas.ts';
import type { LedgerView } from '../../../ledger/schemas.ts';
import { bytes, count, countOf } from '../format.ts';
import { ledgerLines } from '../ledger/ledger-words.ts';
import { completeness, type DeskState, type Old, oldOf } from '../live/desk-state.ts';
import {
  CameraIcon,
  CheckIcon,
  ChevronIcon,
  DeviceIcon,
  HourglassIcon,
  type IconProps,
  OfflineIcon,
  OnlineIcon,
  QuestionIcon,
  UplinkIcon,
  WarningIcon,
} from '../parts/icons.tsx';
import { Mark, type Tone } from '../parts/mark.tsx';
import { Ago } from '../parts/time-text.tsx';
import { MoveGateway } from '../sites/move-gateway.tsx';
import { drainText } from './drain.ts';

/** More than anyone scrolls through; the rest on request. */
const shownAtFirst = 20;

export function GatewaysCard({ state }: { readonly state: DeskState }): ReactNode {
  const [all, setAll] = useState(false);
  const gateways = [...state.gateways.values()].sort(
    (a, b) =>
      Number(a.online) - Number(b.online) || b.problems.length - a.problems.length || a.name.localeCompare(b.name),
  );
  const shown = all ? gateways : gateways.slice(0, shownAtFirst);
  const old = oldOf(state);
  return (
    <section className="card area-gateways" aria-labelledby="gateways-title">
      <div className="card-head">
        <h2 className="card-title" id="gateways-title">
          Gateways
        </h2>
        <span className="muted">
          {gateways.length === 0 ? '' : count(gateways.length)} <AsOf old={old} />
        </span>
      </div>
      {gateways.length === 0 && state.asked.gateways.answered ? (
        <div className="empty">
          <strong>No gateway has reported yet</strong>
          Start one with <code>forpost gateway</code> and an <code>uplink</code> to this centre. It appears here within
          seconds.
        </div>
      ) : (
        shown.map((gateway) => (
          <GatewayItem key={gateway.gateway} gateway={gateway} ledger={state.ledgers.get(gateway.gateway)} old={old} />
        ))
      )}
      {gateways.length > shown.length ? (
        <div className="gateways-more">
          <Button variant="subtle" size="compact-sm" color="gray" onClick={() => setAll(true)}>
            Show all {count(gateways.length)}
          </Button>
        </div>
      ) : null}
    </section>
  );
}

interface GatewayItemProps {
  readonly gateway: GatewayView;
  readonly ledger: LedgerView | undefined;
  /** what is shown is not the present */
  readonly old: Old | undefined;
}

function GatewayItem({ gateway, ledger, old }: GatewayItemProps): ReactNode {
  const [chosen, setChosen] = useState<boolean | undefined>(undefined);
  const { backlog } = gateway;
  // what nobody can know is called neither online nor offline
  const online = gateway.online && old === undefined;
  const connected = gateway.devices.filter((device) => device.connected).length;
  const open = chosen ?? wantsLook(gateway, ledger);
  return (
    <details
      className="gateway"
      open={open}
      onToggle={({ currentTarget }) => {
        if (currentTarget.open !== open) setChosen(currentTarget.open);
      }}
    >
      <summary className="gateway-head">
        <span className="gateway-chevron muted">
          <ChevronIcon size={14} />
        </span>
        <div className="gateway-name">
          <h3 className="clamped">{gateway.name}</h3>
          <div className="path">
            {[gateway.site, gateway.gateway].filter((part) => part !== '').join(' › ')}
            {gateway.place === undefined ? '' : ` · ${gateway.place}`}
          </div>
        </div>
        <div className="gateway-marks">
          {old !== undefined ? (
            <Mark tone="quiet" icon={QuestionIcon} title={`Last known: ${gateway.online ? 'online' : 'offline'}`}>
              Not known now
            </Mark>
          ) : !gateway.in_service ? (
            <Mark tone="quiet" icon={OfflineIcon} title="Staff took it out of service: nothing is raised about it">
              Out of service
            </Mark>
          ) : online ? (
            <Mark tone="good" icon={OnlineIcon}>
              Online
            </Mark>
          ) : (
            <Mark tone="critical" icon={OfflineIcon}>
              Offline
            </Mark>
          )}
          <CompletenessMark gateway={gateway} ledger={ledger} old={old} />
        </div>
      </summary>
      <dl className="facts">
        <div>
          <dt>Last contact</dt>
          <dd>{gateway.last_contact === null ? 'not since the centre started' : <Ago iso={gateway.last_contact} />}</dd>
        </div>
        <div>
          <dt>Backlog</dt>
          <dd>
            {backlog.events === 0 ? 'empty' : `${countOf(backlog.events, 'event')}, ${bytes(backlog.bytes)}`}
            {online ? '' : ' when last heard of'}
          </dd>
        </div>
      </dl>
      <ServiceButton gateway={gateway} />
      <ul className="lines">
        {[...new Set(gateway.problems)].map((problem) => (
          <Line key={problem} icon={WarningIcon} tone="critical" state="Problem" what="" reason={problem} />
        ))}
        {ledgerLines(ledger).map(({ key, ...line }) => (
          <Line key={key} icon={WarningIcon} {...line} />
        ))}
        {gateway.clock === 'unsynced' ? (
          <Line
            icon={WarningIcon}
            tone="warning"
            state="Clock"
            what=""
            reason="not in sync: times are corrected later"
          />
        ) : null}
        {gateway.uplinks.map((uplink) => (
          <Line
            key={uplink.sink}
            icon={UplinkIcon}
            tone={online ? (uplinkTones[uplink.state] ?? 'warning') : 'quiet'}
            what={`Uplink ${uplink.sink}`}
            state={uplink.state}
            reason={[uplink.reason, online ? drainText(uplink) : ''].filter((text) => text !== '').join(' · ')}
          />
        ))}
        {gateway.cameras.map((camera) => (
          <Line
            key={camera.id}
            icon={CameraIcon}
            tone={online ? (cameraTones[camera.state] ?? 'warning') : 'quiet'}
            what={camera.place === undefined ? camera.name : `${camera.name}, ${camera.place},`}
            state={camera.state}
            reason={camera.state === 'live' ? `${camera.framesPerSecond.toFixed(0)} frames/s` : camera.reason}
          />
        ))}
        {gateway.devices.length === 0 ? null : (
          <Line
            icon={DeviceIcon}
            tone={!online || connected === gateway.devices.length ? 'quiet' : 'warning'}
            what="Devices"
            state={`${connected} of ${gateway.devices.length} connected${online ? '' : ' when last heard of'}`}
            reason={silentDevices(gateway)}
          />
        )}
      </ul>
      <MoveGateway gateway={gateway} />
    </details>
  );
}

/** Whether something about it is to be read without being asked for. */
function wantsLook(gateway: GatewayView, ledger: LedgerView | undefined): boolean {
  const { cameras, online, problems, uplinks } = gateway;
  // what is wrong must not stand behind a click
  const broken = [...cameras, ...uplinks].some(({ state }) => brokenStates.has(state));
  return !online || problems.length > 0 || broken || completeness(ledger).state === 'missing';
}

const brokenStates: ReadonlySet<string> = new Set(['stalled', 'refused', 'unreachable', 'offline', 'probing']);

const uplinkTones = table<Tone>({
  live: 'good',
  draining: 'info',
  probing: 'warning',
  offline: 'critical',
  off: 'quiet',
});
const cameraTones = table<Tone>({
  live: 'good',
  connecting: 'info',
  stalled: 'critical',
  refused: 'critical',
  unreachable: 'critical',
  off: 'quiet',
});
const shownNames = 3;

function silentDevices(gateway: GatewayView): string {
  const silent = gateway.devices
    .filter((device) => !device.connected)
    .map(({ name, place }) => (place === undefined ? name : `${name} (${place})`));
  const more = silent.length - shownNames;
  return `${silent.slice(0, shownNames).join(', ')}${more > 0 ? ` and ${more} more` : ''}${silent.length > 0 ? ' not' : ''}`;
}

interface LineProps {
  readonly icon: (props: IconProps) => ReactNode;
  readonly tone: Tone;
  readonly what: string;
  readonly state: string;
  readonly reason: string;
}

function Line({ icon: Icon, tone, what, state, reason }: LineProps): ReactNode {
  return (
    <li className="line">
      <span className={tone === 'quiet' ? 'muted' : tone}>
        <Icon size={15} />
      </span>
      <span className="line-text clamped">
        {what === '' ? '' : `${what} `}
        <span className={tone === 'quiet' ? 'muted' : `line-state ${tone}`}>{state}</span>
        {reason === '' ? '' : <span className="muted"> · {reason}</span>}
      </span>
    </li>
  );
}

const completenessMarks = {
  complete: { tone: 'good', icon: CheckIcon },
  waiting: { tone: 'info', icon: HourglassIcon },
  missing: { tone: 'critical', icon: WarningIcon },
  unknown: { tone: 'quiet', icon: QuestionIcon },
} as const;

/** An offline gateway is complete only as far as its last status. */
function CompletenessMark({ gateway, ledger, old }: GatewayItemProps): ReactNode {
  const now = useNow();
  const { state, words } = completeness(ledger);
  const known = completenessMarks[state];
  const heard = gateway.last_contact === null ? undefined : Date.parse(gateway.last_contact);
  const counted = ledger?.counted === undefined ? undefined : Date.parse(ledger.counted);
  const since = old ?? (gateway.online ? undefined : { asOf: heard ?? counted, why: '' });
  const asOf = since === undefined || ledger === undefined ? '' : ` ${asOfWords(since, now)}`;
  const { icon } = known;
  const tone = asOf !== '' && state !== 'missing' ? 'quiet' : known.tone;
  const counts =
    ledger === undefined
      ? 'The history has not been counted for this gateway yet'
      : `${count(ledger.assigned)} assigned = ${count(ledger.received)} received + ${count(ledger.shed)} shed + ${count(ledger.missing)} missing + ${count(ledger.waiting)} waiting`;
  return (
    <Mark tone={tone} icon={icon} title={counts}>
      {words.charAt(0).toUpperCase() + words.slice(1)}
      {asOf}
    </Mark>
  );
}

/** For maintenance, or for good: who is out of service is silent without an alarm. */
function ServiceButton({
  gateway: { gateway, name, in_service: inService },
}: Pick<GatewayItemProps, 'gateway'>): ReactNode {
  const [problem, setProblem] = useState('');
  const [sending, setSending] = useState(false);
  const turn = () => {
    setSending(true);
    setProblem('');
    post(`/api/v1/gateways/${gateway}/service`, { in_service: !inService })
      .catch((error: unknown) => setProblem(sentence(error)))
      .finally(() => setSending(false));
  };
  const words = inService ? 'Take out of service' : 'Put back into service';
  return (
    <div className="gateway-service">
      <Button
        variant="subtle"
        size="compact-sm"
        color="gray"
        loading={sending}
        onClick={turn}
        aria-label={`${words}: ${name}`}
      >
        {words}
      </Button>
      {problem === '' ? null : <Mark tone="critical">{problem}</Mark>}
    </div>
  );
}
