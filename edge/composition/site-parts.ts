/** The parts of a running gateway that take a change of the site, in the order in which they commit. Connects only. */
import { messageOf } from '@forpost/shared/errors.ts';
import { inSlices } from '@forpost/shared/slices.ts';
import { words } from '@forpost/shared/texts/english.ts';
import type { SiteActions } from '../alerts/site-actions.ts';
import type { Pipeline } from '../pipeline/pipeline.ts';
import type { RuleEngine } from '../rules/engine.ts';
import { factSteps } from '../rules/running-rule.ts';
import type { Prepared } from '../site/change.ts';
import type { SitePart } from '../site/live-site.ts';
import type { Site } from '../site/site.ts';
import type { VisionSupervisor } from '../vision/supervisor.ts';
import type { GatewayOptions } from './options.ts';
import type { Ground } from './parts.ts';

interface Later {
  readonly rules: () => RuleEngine;
  readonly pipeline: () => Pipeline;
  readonly vision: () => VisionSupervisor;
  readonly actions: () => SiteActions;
}

/** Rules first: they clear alarms of removed entries under the old names, and their actions end what they set off. */
export function siteParts(
  { installation, clock }: Pick<GatewayOptions, 'installation' | 'clock'>,
  { devices, broker }: Pick<Ground, 'devices' | 'broker'>,
  { rules, pipeline, vision, actions }: Later,
): readonly SitePart[] {
  const isMetered = installation.uplink.some(({ limit }) => limit !== undefined && 'bytes_per_day' in limit);
  return [
    { name: 'restart', prepare: ({ site }, before) => needsRestart(site, before, isMetered) },
    {
      name: 'rules',
      ready: async ({ site }) => void (await inSlices(factSteps(site))),
      prepare: ({ site }) =>
        tried(() => {
          rules().check(site, clock.uptime());
          return () => pipeline().changeSite(site, (camera) => vision().view(camera));
        }),
    },
    {
      name: 'actions',
      prepare: ({ site, secrets }) =>
        tried(() => actions().prepare({ actions: site.actions ?? [], secrets: secrets.actions ?? {} })),
    },
    {
      name: 'devices and consumers',
      // an unknown decoder is refused by `prepare`
      ready: (next) => devices.ready(next).catch(() => undefined),
      prepare: (next) =>
        tried(() => {
          const prepared = devices.prepare(next);
          return () => {
            const changed = prepared.commit();
            broker.renew((user) => devices.principal(user));
            broker.endInvalid((id, credential) => devices.logIns.standing(id, credential), changed);
          };
        }),
    },
    {
      name: 'cameras',
      prepare: ({ site, secrets }) => ({ commit: () => vision().change(site.cameras, secrets.cameras ?? {}) }),
    },
  ];
}

function tried(prepare: () => () => void): Prepared {
  try {
    return { commit: prepare() };
  } catch (error) {
    return { refused: [messageOf(error)] };
  }
}

/** What cannot change while the gateway runs. */
function needsRestart(site: Site, before: Site, isMetered: boolean): Prepared {
  const refused = [
    ...(site.id === before.id ? [] : [words('gateway/reason.restart-for-id')]),
    ...(site.timezone === before.timezone || !isMetered ? [] : [words('gateway/reason.restart-for-timezone')]),
  ];
  return refused.length === 0 ? { commit: () => undefined } : { refused };
}
