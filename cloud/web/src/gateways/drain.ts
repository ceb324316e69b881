/** An uplink's drain plan in staff's words. Pure. */
import type { GatewayView } from '../../../gateways/schemas.ts';
import { bytes, count, countOf, duration } from '../format.ts';

type Uplink = GatewayView['uplinks'][number];

/** What is left and when it is gone; empty where there is nothing to say. */
export function drainText({ state, events, bytes: left, plan, budget }: Uplink): string {
  const used = budget === undefined ? '' : `${bytes(budget.used)} of ${bytes(budget.limit)} used today`;
  if (state !== 'draining' || plan === undefined || events === 0) return used;
  const rate = `${count(Math.round(plan.eventsPerSecond))} events/s`;
  const toGo = `${countOf(events, 'event')}, ${bytes(left)} to go`;
  switch (plan.outlook) {
    case 'ending':
      return joined(toGo, rate, `gone in about ${duration((plan.secondsLeft ?? 0) * 1000)}`, used);
    case 'growing':
      return joined(
        toGo,
        `${rate} and ${count(Math.round(plan.arrivingPerSecond))} more come in: never at this rate`,
        used,
      );
    default:
      return joined(toGo, used);
  }
}

function joined(...parts: readonly string[]): string {
  return parts.filter((part) => part !== '').join(', ');
}
