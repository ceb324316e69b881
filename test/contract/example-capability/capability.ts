/**
 * An example of a new capability: staff's notes on a gateway. It has a registry kind, routes for people and for gateways, a
 * query of the history with its own SQL, and a part. All of it stands in this folder.
 */
import { HttpProblem } from '@forpost/shared/http/problem.ts';
import { answer, closed, idParams } from '@forpost/shared/http/schema.ts';
import type { Part } from '@forpost/shared/lifecycle.ts';
import Type from 'typebox';
import type { CapabilityKind } from '../../../cloud/api/capability.ts';
import type { HistoryQuestion } from '../../../cloud/history/question.ts';
import type { HistoryStore } from '../../../cloud/history/store.ts';
import type { Registry } from '../../../cloud/registry/registry.ts';

export interface NoteServices {
  readonly history: Pick<HistoryStore, 'ask'>;
  readonly registry: Pick<Registry, 'get' | 'put' | 'onChange'>;
}

export const noteKind = 'gateway-note';
const noteBody = Type.Object({ text: Type.String({ maxLength: 200 }) }, closed);
const noteAnswer = answer({
  text: Type.String(),
  author: Type.String(),
  events: Type.Integer({ description: 'of the gateway in the history' }),
});

/** How many events of a gateway are stored. */
const eventsOfGateway: HistoryQuestion<string, number, { readonly events: string }> = {
  clickhouse: {
    statement: 'SELECT count() AS events FROM events WHERE gateway = {gateway:String}',
    parameters: (gateway) => ({ gateway }),
    answer: ([row]) => Number(row?.events ?? 0),
  },
  memory: (events, gateway) => [...events].filter(({ event }) => event.gateway === gateway).length,
};

/** Counts the notes since this centre started. */
export class NoteCount implements Part {
  readonly #registry: NoteServices['registry'];
  #stop: (() => void) | undefined;
  running = false;
  count = 0;

  constructor(registry: NoteServices['registry']) {
    this.#registry = registry;
  }

  async start(): Promise<void> {
    this.running = true;
    this.#stop = this.#registry.onChange(noteKind, () => this.count++);
  }

  async stop(): Promise<void> {
    this.running = false;
    this.#stop?.();
  }
}

/** `made` receives the part, so that the test can examine it. */
export const notes = (made: (part: NoteCount) => void): CapabilityKind<NoteServices> => ({
  name: 'notes',
  registryKinds: [noteKind],
  create({ history, registry }) {
    const part = new NoteCount(registry);
    made(part);
    return {
      part,
      routes(api, caller) {
        api.get(
          '/api/v1/gateways/:id/note',
          {
            config: { right: 'see' },
            schema: { summary: 'The note on a gateway', params: idParams, response: { 200: noteAnswer } },
          },
          async ({ params: { id } }) => {
            const record = registry.get(noteKind, id);
            if (record === undefined) throw new HttpProblem(404, `there is no note on the gateway "${id}"`);
            const { text } = record.data as { readonly text: string };
            return { text, author: record.author, events: await history.ask(eventsOfGateway, id) };
          },
        );
        api.post(
          '/api/v1/gateways/:id/note',
          {
            config: { right: 'act' },
            schema: { summary: 'Writes the note on a gateway', params: idParams, body: noteBody },
          },
          async (request, reply) => {
            const { id } = request.params;
            const seen = registry.get(noteKind, id)?.revision ?? 0;
            await registry.put({ kind: noteKind, id, author: caller.person(request), data: request.body, seen });
            return reply.code(204).send();
          },
        );
      },
      gatewayRoutes(app, gatewayOf) {
        app.get('/ingest/v1/note', { config: { right: 'gateway' } }, async (request) => ({
          text:
            (registry.get(noteKind, gatewayOf(request))?.data as { readonly text?: string } | undefined)?.text ?? '',
        }));
      },
    };
  },
});
