import { MantineProvider } from '@mantine/core';
import { createElement } from 'react';
import { renderToString } from 'react-dom/server';
import { expect, test } from 'vitest';
import { english, russian } from '../testing/page-texts.ts';
import { CardList, cards } from './cards.tsx';
import { Desk } from './live/desk.ts';
import { emptyDesk } from './live/desk-state.ts';
import type { Card } from './parts/card.ts';
import type { PageTexts } from './texts/page-texts.ts';
import { TextsContext } from './texts/use-texts.ts';

/** The HTML of these cards on a page that has no answer of its centre yet. */
function drawn(shown: readonly Card[], texts: PageTexts): string {
  const desk = new Desk(texts, () => {});
  const list = createElement(CardList, { shown, desk, state: emptyDesk });
  return renderToString(
    createElement(MantineProvider, null, createElement(TextsContext.Provider, { value: texts }, list)),
  );
}

const notes: Card = {
  name: 'notes',
  title: () => 'Notes',
  Content: ({ state }) =>
    createElement('section', { className: 'card area-any' }, `notes on ${state.gateways.size} gateways`),
};

test('a new card needs one line in the registry, and stands behind the others over the whole width', () => {
  const html = drawn([...cards, notes], english);
  expect(html).toContain('notes on 0 gateways');
  const areas = [...html.matchAll(/class="[^"]*(area-[a-z]+)/g)].map(([, area]) => area);
  expect(areas).toEqual(['area-summary', 'area-alarms', 'area-gateways', 'area-chart', 'area-events', 'area-any']);
});

test('every card has a unique name, a title in both languages, and a unique place', () => {
  for (const pick of [(card: Card) => card.name, (card: Card) => card.area])
    expect(new Set(cards.map(pick)).size).toBe(cards.length);
  for (const { title } of cards) {
    expect(title(english)).not.toBe('');
    expect(title(russian)).not.toBe(title(english));
  }
});
