/** Four figures that show at a glance whether staff must act. */
import './summary.css';
import type { ReactNode } from 'react';
import type { DeskState } from '../live/desk-state.ts';
import { useTexts } from '../texts/use-texts.ts';
import { useNow } from '../time.ts';
import { type Figure, summaryFigures } from './summary-words.ts';

export function Summary({ state }: { readonly state: DeskState }): ReactNode {
  const texts = useTexts();
  const now = useNow();
  return (
    <section className="area-summary summary" aria-label={texts.t('centre-page/summary.title')}>
      {summaryFigures(texts, state, now).map((figure) => (
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
