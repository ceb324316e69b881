import { asId } from '@forpost/shared/event/ids.ts';
import { expect, test } from 'vitest';
import { LiveSite, type SiteChange } from './live-site.ts';
import type { Site } from './site.ts';
import type { Saved } from './site-file.ts';

const nothing = { zones: [], lines: [], masks: [], motion_masks: [] };
const site = (revision: string): Site => ({
  ...{ id: asId('home'), name: 'Home', timezone: 'Europe/Berlin', devices: [], consumers: [], rules: [], revision },
  cameras: [{ id: asId('yard'), name: 'Yard', url: 'rtsp://127.0.0.1/yard' }],
});

function rig(saved: Saved) {
  const changes: SiteChange[] = [];
  const live = new LiveSite({
    site: site('r1'),
    file: { save: async () => saved },
    onChanged: (change) => changes.push(change),
  });
  return { live, changes };
}

test('a saved scene is the site from then on, and the history says who drew what', async () => {
  const { live, changes } = rig({ site: site('r2') });
  expect(await live.saveScene('yard', 'r1', nothing, 'anna')).toEqual({ revision: 'r2' });
  expect(live.current.revision).toBe('r2');
  expect(changes).toMatchObject([
    {
      camera: { id: 'yard' },
      note: { message: 'anna drew zones, lines or masks of Yard', camera: 'yard', from: 'r1', to: 'r2' },
    },
  ]);
});

test('a scene drawn over an older revision, or over a file that was changed by hand, changes nothing', async () => {
  const { live, changes } = rig({ conflict: 'r3' });
  expect(await live.saveScene('yard', 'r0', nothing, 'anna')).toMatchObject({
    conflict: expect.stringMatching('look at it again'),
  });
  expect(await live.saveScene('yard', 'r1', nothing, 'anna')).toMatchObject({
    conflict: expect.stringMatching('changed by hand'),
  });
  expect([live.current.revision, changes]).toEqual(['r1', []]);
});
