/**
 * The end of an error in what one card shows: the card says so, the others go on.
 *
 *   shown ── its drawing throws ──► told ── «Try again», or after a while ──► shown
 */
import { Button } from '@mantine/core';
import { Component, type ReactNode } from 'react';

export interface BoundaryProps {
  /** what the card is called */
  readonly name: string;
  /** class of the card's place on the page */
  readonly area: string;
  readonly children: ReactNode;
}

/** The cause of the error may be gone by then: one event out of many, a name that was changed. */
const retryMs = 10_000;

export class Boundary extends Component<BoundaryProps, { readonly problem: string }> {
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
    if (problem === '') return children;
    return (
      <section className={`card ${area}`} aria-label={name}>
        <div className="card-head">
          <h2 className="card-title">{name}</h2>
        </div>
        <div className="empty" role="alert">
          <strong>This card cannot be shown: {problem.slice(0, 200)}</strong>
          The rest of the page is not affected. It is tried again every {retryMs / 1000} s.
          <div>
            <Button variant="default" size="sm" mt="sm" onClick={this.#again}>
              Try again
            </Button>
          </div>
        </div>
      </section>
    );
  }
}
