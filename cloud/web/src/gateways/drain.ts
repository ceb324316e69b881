/** An uplink's drain plan in words. Pure. */
import type { GatewayView } from '../../../gateways/schemas.ts';
import type { PageTexts } from '../texts/page-texts.ts';

type Uplink = GatewayView['uplinks'][number];

/** The rest of the backlog and the time of its end; empty for an uplink that does not drain. */
export function drainText(texts: PageTexts, { state, events, bytes: left, plan, budget }: Uplink): string {
  const { t, bytes } = texts;
  const used =
    budget === undefined ? '' : t('centre-page/drain.used', { used: bytes(budget.used), limit: bytes(budget.limit) });
  if (state !== 'draining' || plan === undefined || events === 0) return used;
  const rate = Math.round(plan.eventsPerSecond);
  const toGo = t('centre-page/drain.to-go', { count: events, size: bytes(left) });
  switch (plan.outlook) {
    case 'ending': {
      const duration = texts.duration((plan.secondsLeft ?? 0) * 1000);
      return joined(toGo, t('centre-page/drain.rate', { rate }), t('centre-page/drain.gone-in', { duration }), used);
    }
    case 'growing':
      return joined(toGo, t('centre-page/drain.growing', { rate, arriving: Math.round(plan.arrivingPerSecond) }), used);
    default:
      return joined(toGo, used);
  }
}

function joined(...parts: readonly string[]): string {
  return parts.filter((part) => part !== '').join(', ');
}
