/**
 * For tests: the API of a centre without Kafka, and a person who is logged in. The test's end removes both.
 *
 * Always: a refusal that a Russian page would show in English fails the test that drew it.
 */
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Clock, systemClock } from '@forpost/shared/clock.ts';
import { silentLogger } from '@forpost/shared/logging.ts';
import { hashPassword } from '@forpost/shared/password.ts';
import type { FastifyInstance } from 'fastify';
import { onTestFinished } from 'vitest';
import { buildApi } from '../api/api.ts';
import { Capabilities } from '../api/capability.ts';
import { capabilities } from '../capabilities.ts';
import type { CentreParts } from '../health/condition.ts';
import type { LedgerView } from '../ledger/schemas.ts';
import { healthOf, testServices } from './centre.ts';
import { refusalsInRussian } from './russian-refusals.ts';

/** The ledger of "gw-1", the only gateway with a ledger. */
export const exampleLedger: LedgerView = {
  gateway: 'gw-1',
  assigned: 10,
  received: 8,
  shed: 0,
  missing: 0,
  waiting: 2,
  duplicates: 0,
  lanes: [],
  lanes_left_out: 0,
};

export interface ApiOptions {
  readonly clock?: Clock;
  readonly webFolder?: string;
  readonly reasons?: string[];
  readonly centre?: CentreParts;
  readonly storesAll?: () => boolean;
}

let hash: Promise<string> | undefined;

/** `get` and `cookie` are those of the person "admin", whose password is "right". */
export async function startApi(options: ApiOptions = {}) {
  const clock = options.clock ?? systemClock;
  const { services, remove } = await testServices(clock, {
    ledger: async (gateway) => (gateway === 'gw-1' ? exampleLedger : undefined),
    health: healthOf(options.centre, options.reasons),
    ...(options.storesAll === undefined ? {} : { storesAll: options.storesAll }),
  });
  onTestFinished(remove);
  const { history, gateways, takeovers, live, commands } = services;
  hash ??= hashPassword('right');
  const right = await hash;
  const app: FastifyInstance = buildApi({
    capabilities: Capabilities.of(capabilities, services),
    users: { hashOf: (name) => (name === 'admin' ? right : undefined) },
    clock,
    logger: silentLogger(),
    webFolder: options.webFolder ?? join(tmpdir(), 'no-such-page'),
  });
  onTestFinished(() => app.close());
  refusalsInRussian(app);
  await app.ready();
  const login = await app.inject({
    method: 'POST',
    url: '/api/v1/login',
    payload: { user: 'admin', password: 'right' },
  });
  const cookie = `forpost-centre=${login.cookies[0]?.value}`;
  const get = async (url: string) => app.inject({ url, headers: { cookie } });
  return { app, history, gateways, takeovers, live, commands, clock, cookie, get };
}
