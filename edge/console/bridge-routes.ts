/**
 * Routes of bridges: the devices behind them, the found ones, and the naming of a found one, which is a change of the site's
 * document like any other: with the revision that its author has seen, checked, applied while the gateway runs, undoable.
 */
import { rfc3339 } from '@forpost/shared/event/codec.ts';
import { HttpProblem } from '@forpost/shared/http/problem.ts';
import { problem } from '@forpost/shared/http/schema.ts';
import { words } from '@forpost/shared/texts/english.ts';
import { idFromName } from '@forpost/shared/texts/id-from-name.ts';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type Type from 'typebox';
import type { BridgeView } from '../devices/bridges/bridge-view.ts';
import type { DeviceRegistry } from '../devices/registry.ts';
import type { SiteDocument } from '../site/document.ts';
import type { Author } from '../site/revision.ts';
import { type Fields, isFields } from '../site/values.ts';
import { type BridgesAnswer, bridgeParams, bridgesAnswer, nameBody } from './schemas/bridges.ts';
import { changedAnswer, changeRefusals } from './schemas/site.ts';
import { answer, ifMatch, seenIn } from './site-routes.ts';

export interface BridgeRouteParts {
  readonly document: SiteDocument;
  readonly bridges: Pick<DeviceRegistry, 'bridges' | 'bridge'>;
  /** who sent the request */
  readonly authorOf: (request: FastifyRequest) => Author;
}

export function registerBridgeRoutes(app: FastifyInstance, { document, bridges, authorOf }: BridgeRouteParts): void {
  app.get(
    '/api/v1/bridges',
    {
      config: { right: 'see' },
      schema: {
        summary: 'Bridges with the devices behind them, and the found devices that wait to be named',
        description:
          'A found device is one that a bridge speaks for and that the document does not list. Its readings are stored as the bridge’s, with its name in `device`; no rule judges them.',
        response: { 200: bridgesAnswer },
      },
    },
    async (): Promise<BridgesAnswer> => ({ bridges: bridges.bridges().map(shown) }),
  );
  app.post<{ Params: Type.Static<typeof bridgeParams>; Body: Type.Static<typeof nameBody> }>(
    '/api/v1/bridges/:bridge/devices',
    {
      config: { right: 'act' },
      schema: {
        summary: 'Names a found device: its next message is its own',
        params: bridgeParams,
        headers: ifMatch,
        body: nameBody,
        response: { 200: changedAnswer, 404: problem('there is no such bridge or found device'), ...changeRefusals },
      },
    },
    async (request, reply) => {
      const { bridge } = request.params;
      const { found: name, id: wanted, why = '', ...named } = request.body;
      const seen = seenIn(request);
      const known = bridges.bridge(bridge);
      if (known === undefined) throw new HttpProblem(404, words('gateway/reason.no-bridge', { bridge }));
      const found = known.foundBy(name);
      if (found === undefined) throw new HttpProblem(404, words('gateway/reason.no-found-device', { bridge, name }));
      const id = wanted ?? (await newId(document, named.name ?? found.name));
      const device = { id, source: found.source, ...named };
      return answer(reply, await document.change({ seen, author: authorOf(request), why, edit: { bridge, device } }));
    },
  );
}

/** An id made of a name, which nothing in the document has. */
async function newId(document: SiteDocument, name: string): Promise<string> {
  const { json } = await document.values();
  const values = JSON.parse(json) as Fields;
  const taken = idsIn(['devices', 'bridges', 'consumers', 'cameras'].map((section) => values[section]));
  return idFromName(name, (id) => taken.has(id));
}

/** The ids of all entries in these lists, and of the devices behind bridges. */
function idsIn(lists: readonly unknown[]): ReadonlySet<unknown> {
  const entries = lists.flat().filter(isFields);
  const behind = entries.flatMap(({ devices }) => (Array.isArray(devices) ? devices.filter(isFields) : []));
  return new Set([...entries, ...behind].map(({ id }) => id));
}

function shown({ devices, found, ...bridge }: BridgeView): BridgesAnswer['bridges'][number] {
  return {
    ...bridge,
    devices: devices.map(({ nameAtBridge, address, model, reachable, lastSeen, ...device }) => ({
      ...device,
      ...(nameAtBridge === undefined ? {} : { nameAtBridge }),
      ...(address === undefined ? {} : { address }),
      ...(model === undefined ? {} : { model }),
      ...(reachable === undefined ? {} : { reachable }),
      lastSeen: lastSeen === undefined ? null : rfc3339(lastSeen),
    })),
    found: found.map(({ first, last, ...one }) => ({ ...one, first: rfc3339(first), last: rfc3339(last) })),
  };
}
