/** The gateways: connection, backlog, completeness of their events in the history, and problems. */

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
import { completenessWords, countsWords, ledgerLines } from '../ledger/ledger-words.ts';
import { completeness, type DeskState, type Old, oldOf } from '../live/desk-state.ts';
import {
  CameraIcon,
  CheckIcon,
  ChevronIcon,
  DeviceIcon,
  GatewayIcon,
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
import { capital } from '../texts/page-texts.ts';
import { useTexts } from '../texts/use-texts.ts';
import { drainText } from './drain.ts';
import { backlogWords, cameraWord, machineWords, problemWords, silentDevices, uplinkWord } from './gateway-words.ts';

/** Gateways shown at first; more on request. */
const shownAtFirst = 20;

export function GatewaysCard({ state }: { readonly state: DeskState }): ReactNode {
  const { t, count } = useTexts();
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
          {t('centre-page/gateways.title')}
        </h2>
        <span className="muted">
          {gateways.length === 0 ? '' : count(gateways.length)} <AsOf old={old} />
        </span>
      </div>
      {gateways.length === 0 && state.asked.gateways.answered ? (
        <div className="empty">
          <strong>{t('centre-page/gateways.none')}</strong>
          {t('centre-page/gateways.none-why')}
        </div>
      ) : (
        shown.map((gateway) => (
          <GatewayItem key={gateway.gateway} gateway={gateway} ledger={state.ledgers.get(gateway.gateway)} old={old} />
        ))
      )}
      {gateways.length > shown.length ? (
        <div className="gateways-more">
          <Button variant="subtle" size="compact-sm" color="gray" onClick={() => setAll(true)}>
            {t('centre-page/gateways.show-all', { count: gateways.length })}
          </Button>
        </div>
      ) : null}
    </section>
  );
}

interface GatewayItemProps {
  readonly gateway: GatewayView;
  readonly ledger: LedgerView | undefined;
  /** true: the page is not live */
  readonly old: Old | undefined;
}

function GatewayItem({ gateway, ledger, old }: GatewayItemProps): ReactNode {
  const texts = useTexts();
  const { t } = texts;
  const [chosen, setChosen] = useState<boolean | undefined>(undefined);
  const { backlog } = gateway;
  const lastHeard = (words: string) => t('centre-page/gateways.last-heard', { words });
  // while the page is not live, a gateway counts neither as online nor as offline
  const online = gateway.online && old === undefined;
  const connected = gateway.devices.filter((device) => device.connected).length;
  const connectedWords = t('centre-page/gateways.connected', { connected, all: gateway.devices.length });
  const machine = machineWords(texts, gateway);
  const open = chosen ?? needsAttention(gateway, ledger);
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
            <Mark
              tone="quiet"
              icon={QuestionIcon}
              title={t('centre-page/gateways.last-known', { online: gateway.online ? 'yes' : 'no' })}
            >
              {t('centre-page/gateways.not-known')}
            </Mark>
          ) : !gateway.in_service ? (
            <Mark tone="quiet" icon={OfflineIcon} title={t('centre-page/gateways.out-of-service-title')}>
              {t('centre-page/gateways.out-of-service')}
            </Mark>
          ) : online ? (
            <Mark tone="good" icon={OnlineIcon}>
              {t('centre-page/gateways.online')}
            </Mark>
          ) : (
            <Mark tone="critical" icon={OfflineIcon}>
              {t('centre-page/gateways.offline')}
            </Mark>
          )}
          <CompletenessMark gateway={gateway} ledger={ledger} old={old} />
        </div>
      </summary>
      <dl className="facts">
        <div>
          <dt>{t('centre-page/gateways.last-contact')}</dt>
          <dd>
            {gateway.last_contact === null ? t('centre-page/gateways.no-contact') : <Ago iso={gateway.last_contact} />}
          </dd>
        </div>
        <div>
          <dt>{t('centre-page/gateways.backlog')}</dt>
          <dd>{online ? backlogWords(texts, backlog) : lastHeard(backlogWords(texts, backlog))}</dd>
        </div>
      </dl>
      <ServiceButton gateway={gateway} />
      <ul className="lines">
        {problemWords(texts, gateway).map((problem) => (
          <Line
            key={problem}
            icon={WarningIcon}
            tone="critical"
            state={t('centre-page/gateways.problem')}
            what=""
            reason={problem}
          />
        ))}
        <RestoredLines gateway={gateway} />
        {ledgerLines(texts, ledger).map(({ key, ...line }) => (
          <Line key={key} icon={WarningIcon} {...line} />
        ))}
        {gateway.clock === 'unsynced' ? (
          <Line
            icon={WarningIcon}
            tone="warning"
            state={t('centre-page/gateways.clock')}
            what=""
            reason={t('centre-page/gateways.clock-unsynced')}
          />
        ) : null}
        {gateway.uplinks.map((uplink) => (
          <Line
            key={uplink.sink}
            icon={UplinkIcon}
            tone={online ? (uplinkTones[uplink.state] ?? 'warning') : 'quiet'}
            what={t('centre-page/gateways.uplink', { name: uplink.sink })}
            state={uplinkWord(texts, uplink.state)}
            reason={[texts.say(uplink.reasonI18n, uplink.reason), online ? drainText(texts, uplink) : '']
              .filter((text) => text !== '')
              .join(' · ')}
          />
        ))}
        {gateway.cameras.map((camera) => (
          <Line
            key={camera.id}
            icon={CameraIcon}
            tone={online ? (cameraTones[camera.state] ?? 'warning') : 'quiet'}
            what={camera.place === undefined ? camera.name : `${camera.name}, ${camera.place},`}
            state={cameraWord(texts, camera.state)}
            reason={
              camera.state === 'live'
                ? t('centre-page/gateways.frames-per-second', { count: Math.round(camera.framesPerSecond) })
                : texts.say(camera.reasonI18n, camera.reason)
            }
          />
        ))}
        {gateway.devices.length === 0 ? null : (
          <Line
            icon={DeviceIcon}
            tone={!online || connected === gateway.devices.length ? 'quiet' : 'warning'}
            what={t('centre-page/gateways.devices')}
            state={online ? connectedWords : lastHeard(connectedWords)}
            reason={silentDevices(texts, gateway)}
          />
        )}
        {machine === undefined ? null : (
          <Line
            icon={GatewayIcon}
            tone={online ? machine.tone : 'quiet'}
            what={t('centre-page/gateways.machine')}
            state={online ? machine.state : lastHeard(machine.state)}
            reason={machine.more}
          />
        )}
      </ul>
      <MoveGateway gateway={gateway} />
    </details>
  );
}

/** The time since which a restored box is the gateway, and a warning when the replaced box still sends. */
function RestoredLines({ gateway: { restored } }: { readonly gateway: GatewayView }): ReactNode {
  const { t, dateTime } = useTexts();
  const now = useNow();
  if (restored === undefined) return null;
  const { at, backup, old_box: old } = restored;
  const when = (iso: string) => (Number.isNaN(Date.parse(iso)) ? iso : dateTime(iso, now));
  return (
    <>
      <Line
        icon={CheckIcon}
        tone="quiet"
        state={t('centre-page/gateways.restored')}
        what=""
        reason={t('centre-page/gateways.restored-why', { at: when(at), backup: when(backup) })}
      />
      {old === undefined ? null : (
        <Line
          icon={WarningIcon}
          tone="warning"
          state={t('centre-page/gateways.old-box')}
          what=""
          reason={t('centre-page/gateways.old-box-why', { last: when(old.last), count: old.refused })}
        />
      )}
    </>
  );
}

/** Whether the gateway's row starts open, because it has a problem. */
function needsAttention(gateway: GatewayView, ledger: LedgerView | undefined): boolean {
  const { cameras, host, online, problems, uplinks } = gateway;
  const broken = [...cameras, ...uplinks].some(({ state }) => brokenStates.has(state));
  const isBad = host?.findings.some(({ level }) => level === 'bad') ?? false;
  return !online || problems.length > 0 || broken || isBad || completeness(ledger) === 'missing';
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

/** The ledger of an offline gateway is complete only up to its last status. */
function CompletenessMark({ gateway, ledger, old }: GatewayItemProps): ReactNode {
  const texts = useTexts();
  const now = useNow();
  const state = completeness(ledger);
  const known = completenessMarks[state];
  const heard = gateway.last_contact === null ? undefined : Date.parse(gateway.last_contact);
  const counted = ledger?.counted === undefined ? undefined : Date.parse(ledger.counted);
  const since = old ?? (gateway.online ? undefined : { asOf: heard ?? counted, why: '' });
  const asOf = since === undefined || ledger === undefined ? '' : ` ${asOfWords(texts, since, now)}`;
  const { icon } = known;
  const tone = asOf !== '' && state !== 'missing' ? 'quiet' : known.tone;
  return (
    <Mark tone={tone} icon={icon} title={countsWords(texts, ledger)}>
      {capital(completenessWords(texts, ledger))}
      {asOf}
    </Mark>
  );
}

/** Takes a gateway out of service, for maintenance or for good: the centre then raises no alarm about it. */
function ServiceButton({
  gateway: { gateway, name, in_service: inService },
}: Pick<GatewayItemProps, 'gateway'>): ReactNode {
  const texts = useTexts();
  const { t } = texts;
  const [problem, setProblem] = useState('');
  const [sending, setSending] = useState(false);
  const turn = () => {
    setSending(true);
    setProblem('');
    post(`/api/v1/gateways/${gateway}/service`, { in_service: !inService })
      .catch((error: unknown) => setProblem(sentence(texts, error)))
      .finally(() => setSending(false));
  };
  const words = inService ? t('centre-page/gateways.take-out') : t('centre-page/gateways.put-back');
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
