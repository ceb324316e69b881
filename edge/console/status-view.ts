/** The status for the page, collected from the source at one moment. */
import type { ConsoleSource } from './source.ts';
import { summarise } from './summary.ts';
import type { ConsoleStatus } from './view.ts';

/** Refusals in one status. Few, because every open page gets the status often; GET /api/v1/refused has all. */
const mostRefused = 100;

export function statusView(source: ConsoleSource): ConsoleStatus {
  const status = source.status();
  const alarms = source.alarms();
  const refused = source.refused().slice(0, mostRefused);
  return {
    ...status,
    summary: summarise(status, alarms, refused),
    alarms,
    refused,
    outbox: source.outbox(),
    scenes: Object.fromEntries(status.cameras.map(({ id }) => [id, source.scene(id)])),
  };
}
