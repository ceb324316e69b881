/** Four figures that say within a second whether there is something to do. */
import type { ReactNode } from 'react';
import { bytes, count, countOf } from './format.ts';
import type { DeskState } from './live/desk-state.ts';
import type { Tone } from './parts/mark.tsx';

const labels = ['Active alarms', 'Gateways online', 'Events waiting on the sites', 'Events missing'] as const;
const [alarmsLabel, gatewaysLabel, waitingLabel, missingLabel] = labels;

export function Summary({ state }: { readonly state: DeskState }): ReactNode {
  const active = [...state.alarms.values()].filter((alarm) => alarm.active && !alarm.test);
  const critical = active.filter(({ severity }) => severity === 'critical').length;
  const unacknowledged = active.filter(({ acknowledged }) => !acknowledged).length;
  const gateways = [...state.gateways.values()];
  const offline = gateways.filter(({ online }) => !online).length;
  const waiting = gateways.reduce((sum, { backlog }) => sum + backlog.events, 0);
  const waitingBytes = gateways.reduce((sum, { backlog }) => sum + backlog.bytes, 0);
  const ledgers = [...state.ledgers.values()];
  const missing = ledgers.reduce((sum, ledger) => sum + ledger.missing, 0);
  const shed = ledgers.reduce((sum, ledger) => sum + ledger.shed, 0);
  const received = ledgers.reduce((sum, ledger) => sum + ledger.received, 0);

  // before the first answers are there a zero would be a claim
  if (!state.loaded) {
    return (
      <section className="area-summary summary" aria-label="Summary">
        {labels.map((label) => (
          <Tile key={label} label={label} value="–" note="asking…" tone="quiet" />
        ))}
      </section>
    );
  }
  return (
    <section className="area-summary summary" aria-label="Summary">
      <Tile
        label={alarmsLabel}
        value={count(active.length)}
        note={active.length === 0 ? 'nothing to do' : `${critical} critical, ${unacknowledged} not acknowledged`}
        tone={critical > 0 ? 'critical' : active.length > 0 ? 'warning' : 'quiet'}
      />
      <Tile
        label={gatewaysLabel}
        value={gateways.length === 0 ? '–' : `${count(gateways.length - offline)} of ${count(gateways.length)}`}
        note={
          gateways.length === 0
            ? 'none has reported yet'
            : offline === 0
              ? 'all are heard of'
              : `${countOf(offline, 'gateway')} silent`
        }
        tone={offline > 0 ? 'warning' : 'quiet'}
      />
      <Tile
        label={waitingLabel}
        value={count(waiting)}
        note={waiting === 0 ? 'everything has been sent' : `${bytes(waitingBytes)}, safe on their gateways`}
        tone="quiet"
      />
      <Tile
        label={missingLabel}
        value={count(missing)}
        note={shed > 0 ? `${countOf(shed, 'event')} shed with a record` : `${count(received)} received and counted`}
        tone={missing > 0 ? 'critical' : 'quiet'}
      />
    </section>
  );
}

interface TileProps {
  readonly label: string;
  readonly value: string;
  readonly note: string;
  readonly tone: Tone;
}

function Tile({ label, value, note, tone }: TileProps): ReactNode {
  return (
    <div className={`tile is-${tone}`}>
      <div className="tile-label">{label}</div>
      <div className={`tile-value ${tone}`}>{value}</div>
      <div className="tile-note">{note}</div>
    </div>
  );
}
