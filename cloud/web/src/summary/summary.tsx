/** Four figures that say within a second whether there is something to do. */
import type { ReactNode } from 'react';
import type { DeskState } from '../live/desk-state.ts';
import { useNow } from '../time.ts';
import { type Figure, summaryFigures } from './summary-words.ts';

export function Summary({ state }: { readonly state: DeskState }): ReactNode {
  const now = useNow();
  return (
    <section className="area-summary summary" aria-label="Summary">
      {summaryFigures(state, now).map((figure) => (
        <Tile key={figure.label} {...figure} />
      ))}
    </section>
  );
}

function Tile({ label, value, note, tone }: Figure): ReactNode {
  return (
    <div className={`tile is-${tone}`}>
      <div className="tile-label">{label}</div>
      <div className={`tile-value ${tone}`}>{value}</div>
      <div className="tile-note">{note}</div>
    </div>
  );
}
