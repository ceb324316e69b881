/** GET /api/v1/gateways/<id>/ledger. */
import { HttpProblem } from '@forpost/shared/http/problem.ts';
import { idParams, problem } from '@forpost/shared/http/schema.ts';
import { message } from '@forpost/shared/texts/texts.ts';
import { asked } from '../api/answers.ts';
import type { CapabilityKind } from '../api/capability.ts';
import { type LedgerView, ledgerQuery, ledgerSchema } from './schemas.ts';
import type { LedgerQuery } from './view.ts';

export interface LedgerServices {
  /** what was assigned, received, shed and is missing; undefined for an unknown gateway */
  readonly ledger: (gateway: string, query?: LedgerQuery) => Promise<LedgerView | undefined>;
}

export const ledger: CapabilityKind<LedgerServices> = {
  name: 'ledger',
  create: ({ ledger: ledgerOf }) => ({
    routes(api) {
      api.get(
        '/api/v1/gateways/:id/ledger',
        {
          config: { right: 'see' },
          schema: {
            summary: 'What a gateway assigned, and what of it was received, shed, is missing or waits',
            description:
              'Counts cover all of it; of ranges and gap records the first ones, and how many are left out. Ask for one ' +
              'epoch and lane with `after` to page through them. An event that arrived although a gap record names it ' +
              'counts as received.',
            params: idParams,
            querystring: ledgerQuery,
            response: {
              200: ledgerSchema,
              404: problem('no such gateway is known'),
              422: problem('a lane has more ranges than can be counted'),
            },
          },
        },
        async ({ params: { id }, query }) => {
          const found = await asked(ledgerOf(id, query));
          if (found === undefined) throw new HttpProblem(404, message('centre/reason.no-gateway', { gateway: id }));
          return found;
        },
      );
    },
  }),
};
