/** The registry of set-up's areas, in the order in which a person needs them. A new area is a folder and one line here. */
import type { SetUpArea } from './area.ts';
import { t } from './texts.ts';

const area = (name: string, title: string, about: string, load: SetUpArea['load']): SetUpArea => {
  return { name, title, about, load };
};

export const areas: readonly SetUpArea[] = [
  area('devices', t('set-up/devices.title'), t('set-up/devices.about'), () => import('./devices/area.ts')),
  area('bridges', t('set-up/bridges.title'), t('set-up/bridges.about'), () => import('./bridges/area.ts')),
  area('pairing', t('set-up/pairing.title'), t('set-up/pairing.about'), () => import('./pairing/area.ts')),
  area('cameras', t('set-up/cameras.title'), t('set-up/cameras.about'), () => import('./cameras/area.ts')),
  area('rules', t('set-up/rules.title'), t('set-up/rules.about'), () => import('./rules/area.ts')),
  area('actions', t('set-up/actions.title'), t('set-up/actions.about'), () => import('./actions/area.ts')),
  area('consumers', t('set-up/consumers.title'), t('set-up/consumers.about'), () => import('./consumers/area.ts')),
  area('centre', t('set-up/centre.title'), t('set-up/centre.about'), () => import('./centre/area.ts')),
  area('site', t('set-up/site.title'), t('set-up/site.about'), () => import('./site/area.ts')),
  area('history', t('set-up/history.title'), t('set-up/history.about'), () => import('./history/area.ts')),
  area('backup', t('set-up/backup.title'), t('set-up/backup.about'), () => import('./backup/area.ts')),
];
