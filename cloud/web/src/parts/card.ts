/** One card of the page, as the registry in cards.tsx lists it. */
import type { ComponentType } from 'react';
import type { Desk } from '../live/desk.ts';
import type { DeskState } from '../live/desk-state.ts';
import type { PageTexts } from '../texts/page-texts.ts';

export interface CardProps {
  /** sends requests to the centre, and subscribes to a capability's messages */
  readonly desk: Desk;
  readonly state: DeskState;
}

export interface Card {
  /** unique; also the name of the card's folder */
  readonly name: string;
  /** title in the page's language, shown when the card's rendering fails */
  readonly title: (texts: PageTexts) => string;
  /** class of the card's place in page.css; default: the whole width, after the other cards */
  readonly area?: string;
  readonly Content: ComponentType<CardProps>;
}

/** The place of a card without `area`. */
export const anyArea = 'area-any';
