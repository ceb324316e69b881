/** One card of the page, as the registry in cards.tsx lists it. */
import type { ComponentType } from 'react';
import type { Desk } from '../live/desk.ts';
import type { DeskState } from '../live/desk-state.ts';
import type { PageTexts } from '../texts/page-texts.ts';

export interface CardProps {
  /** asks the centre, and hears of a capability's own messages */
  readonly desk: Desk;
  readonly state: DeskState;
}

export interface Card {
  /** unique; the folder of the card is called so */
  readonly name: string;
  /** in the page's language, for the card that stands in its place when its drawing fails */
  readonly title: (texts: PageTexts) => string;
  /** class of the card's place in page.css; default: the whole width, behind the other cards */
  readonly area?: string;
  readonly Content: ComponentType<CardProps>;
}

/** The place of a card that names none. */
export const anyArea = 'area-any';
