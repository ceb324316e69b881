import { catalogue } from '@forpost/shared/texts/catalogue/all.ts';
import { texts } from '@forpost/shared/texts/texts.ts';
import { expect, test } from 'vitest';
import type { Site } from '../site/site.ts';
import { RuleEngine } from './engine.ts';
import type { Observation } from './rule.ts';
import { crossing, noon, reading, scene, siteWith } from './testing/rules.ts';

const [english, russian] = [texts('en', catalogue.en), texts('ru', catalogue.ru)];
const overload = { id: 'overload', kind: 'threshold', device: 'heat-pump', metric: 'power_w', above: 7500 };

function first(site: Site, observation: Observation) {
  const [change] = new RuleEngine({ site, uptime: 0 }).observe(observation, 0, noon);
  if (change === undefined) throw new Error('nothing was raised');
  return change;
}

test('a site whose language is Russian gets its alarms in Russian, and a reader of English gets them in English', () => {
  const { message, messageI18n } = first({ ...siteWith(overload), language: 'ru' }, reading({ power_w: 7912 }));
  expect(message).toBe('Heat pump: мощность 7,91 кВт, выше 7,5 кВт');
  expect(english.say(messageI18n, message)).toBe('Heat pump: power 7.91 kW above 7.5 kW');
});

test.each([
  [overload, reading({ power_w: 7912 }), 'Heat pump: мощность 7,91 кВт, выше 7,5 кВт'],
  [
    { id: 'in', kind: 'zone-entered', camera: 'yard', zone: 'drive' },
    scene('entered', 1),
    'Yard camera: человек в зоне «Driveway»',
  ],
  [
    { id: 'over', kind: 'line-crossed', camera: 'yard', line: 'fence' },
    crossing('left', 1),
    'Yard camera: человек, линия «Fence» пересечена влево',
  ],
])(
  'an alarm of %o has the same message in English, and a Russian one for a reader of Russian',
  (rule, observation, words) => {
    const { message, messageI18n } = first(siteWith(rule), observation);
    expect(english.say(messageI18n, '')).toBe(message);
    expect(russian.say(messageI18n, '')).toBe(words);
  },
);

test('a message that the installer wrote stays as it is for every reader', () => {
  const rule = { ...overload, message: '{device} takes {value}, limit {limit}' };
  const { message, messageI18n } = first({ ...siteWith(rule), language: 'ru' }, reading({ power_w: 7912 }));
  expect([message, messageI18n]).toEqual(['Heat pump takes 7,91 кВт, limit 7,5 кВт', undefined]);
});
