/**
 * The registry of the page's cards. A new card is a folder with the name of its capability, and one line here.
 *
 * Always: a card whose rendering fails shows the error in its own place, and the other cards work on (parts/boundary.tsx).
 */
import type { ReactNode } from 'react';
import { AlarmsCard } from './alarms/alarms-card.tsx';
import { EventsCard } from './events/events-card.tsx';
import { GatewaysCard } from './gateways/gateways-card.tsx';
import { Boundary } from './parts/boundary.tsx';
import { anyArea, type Card, type CardProps } from './parts/card.ts';
import { ChartCard } from './series/chart-card.tsx';
import { Summary } from './summary/summary.tsx';
import { useTexts } from './texts/use-texts.ts';

export const cards: readonly Card[] = [
  { name: 'summary', title: ({ t }) => t('centre-page/summary.title'), area: 'area-summary', Content: Summary },
  { name: 'alarms', title: ({ t }) => t('centre-page/alarms.title'), area: 'area-alarms', Content: AlarmsCard },
  { name: 'gateways', title: ({ t }) => t('centre-page/gateways.title'), area: 'area-gateways', Content: GatewaysCard },
  { name: 'series', title: ({ t }) => t('centre-page/chart.title'), area: 'area-chart', Content: ChartCard },
  { name: 'events', title: ({ t }) => t('centre-page/events.title'), area: 'area-events', Content: EventsCard },
];

export interface CardListProps extends CardProps {
  readonly shown: readonly Card[];
}

export function CardList({ shown, desk, state }: CardListProps): ReactNode {
  const texts = useTexts();
  return shown.map(({ name, title, area = anyArea, Content }) => (
    <Boundary key={name} name={title(texts)} area={area}>
      <Content desk={desk} state={state} />
    </Boundary>
  ));
}
