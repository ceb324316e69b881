/**
 * Catches an error in the rendering of one card: the card shows the error, and the other cards work on.
 *
 *   shown ── rendering throws ──► error shown ── «Try again», or after a while ──► shown
 */
import { Button } from '@mantine/core';
import { Component, type ContextType, type ReactNode } from 'react';
import { TextsContext } from '../texts/use-texts.ts';

export interface BoundaryProps {
  /** title of the card */
  readonly name: string;
  /** class of the card's place on the page */
  readonly area: string;
  readonly children: ReactNode;
}

/** After this time the card is rendered again, because the cause (one event, one name) may be gone. */
const retryMs = 10_000;

export class Boundary extends Component<BoundaryProps, { readonly problem: string }> {
  static override readonly contextType = TextsContext;
  declare context: ContextType<typeof TextsContext>;
  override state = { problem: '' };
  #timer: number | undefined;

  static getDerivedStateFromError(error: unknown): { problem: string } {
    return { problem: error instanceof Error ? error.message : String(error) };
  }

  override componentDidCatch(error: unknown): void {
    console.error(`${this.props.name}:`, error);
    window.clearTimeout(this.#timer);
    this.#timer = window.setTimeout(this.#again, retryMs);
  }

  override componentWillUnmount(): void {
    window.clearTimeout(this.#timer);
  }

  readonly #again = (): void => {
    window.clearTimeout(this.#timer);
    this.setState({ problem: '' });
  };

  override render(): ReactNode {
    const { name, area, children } = this.props;
    const { problem } = this.state;
    if (problem === '' || this.context === undefined) return children;
    const { t } = this.context;
    return (
      <section className={`card ${area}`} aria-label={name}>
        <div className="card-head">
          <h2 className="card-title">{name}</h2>
        </div>
        <div className="empty" role="alert">
          <strong>{t('centre-page/card.problem', { problem: problem.slice(0, 200) })}</strong>
          {t('centre-page/card.rest', { seconds: retryMs / 1000 })}
          <div>
            <Button variant="default" size="sm" mt="sm" onClick={this.#again}>
              {t('centre-page/card.again')}
            </Button>
          </div>
        </div>
      </section>
    );
  }
}
