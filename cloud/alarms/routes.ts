/** GET /api/v1/alarms: the alarms of gateways, from the history, and those that the centre raised itself. */
import type { Clock } from '@forpost/shared/clock.ts';
import { timeOf } from '@forpost/shared/http/validation.ts';
import { asked } from '../api/answers.ts';
import type { Api } from '../api/capability.ts';
import type { HistoryStore } from '../history/store.ts';
import type { CentreAlarms } from './centre-alarms.ts';
import { alarmsAnswer, alarmsQuery } from './schemas.ts';
import { alarmsPage, centreAlarmsFirst, centreAlarmView } from './view.ts';

export interface AlarmListServices {
  readonly history: Pick<HistoryStore, 'alarms'>;
  readonly centreAlarms: Pick<CentreAlarms, 'all'>;
  readonly clock: Pick<Clock, 'now'>;
}

const defaultAlarms = 200;
const dayMs = 86_400_000;

export function addAlarmRoutes(api: Api, { history, centreAlarms, clock }: AlarmListServices): void {
  api.get(
    '/api/v1/alarms',
    {
      config: { right: 'see' },
      schema: {
        summary: 'Alarms that are active, that wait for an acknowledgement, or that ended lately; newest first',
        querystring: alarmsQuery,
        response: { 200: alarmsAnswer },
      },
    },
    async ({ query: { since, limit = defaultAlarms, site, gateway, skip } }) => {
      const from = since === undefined ? clock.now() - dayMs : timeOf('since', since);
      const own = centreAlarms
        .all()
        .map(centreAlarmView)
        .filter((alarm) => (site ?? alarm.site) === alarm.site && (gateway ?? alarm.gateway) === alarm.gateway)
        .filter(({ open, changed }) => open || Date.parse(changed) >= from);
      const filter = {
        ...(site === undefined ? {} : { site }),
        ...(gateway === undefined ? {} : { gateway }),
        ...(skip === undefined ? {} : { skip }),
      };
      const first = (skip ?? 0) > 0 ? [] : centreAlarmsFirst(own, limit);
      return alarmsPage(own, first, await asked(history.alarms(from, limit - first.length, filter)));
    },
  );
}
