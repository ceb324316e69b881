/**
 * A capability of the centre: a folder with its routes, its SQL, its registry kinds and its part, and one line in
 * cloud/capabilities.ts. The server, the receiver, ingest and the composition root know capabilities only by this
 * interface.
 *
 *   service.ts ── services ──► create ──► routes on the API's server      gatewayRoutes on the receiver
 *                                         part: started before the first event is taken in
 *                                         background: started when the history answers and events are taken in
 *
 * Always: each route declares its right (shared/http/rights.ts), and the server does not start with one that declares
 * none; two capabilities never share a name or a kind of registry records; parts stop in reverse order.
 */
import { ForpostError } from '@forpost/shared/errors.ts';
import type { ForpostEvent } from '@forpost/shared/event/event.ts';
import type { Login } from '@forpost/shared/http/login.ts';
import type { Api, TypeBoxTypeProvider } from '@forpost/shared/http/typed-routes.ts';
import type { Part, Releasers } from '@forpost/shared/lifecycle.ts';
import type { FastifyInstance, FastifyRequest } from 'fastify';

export type { Api };

/** What a route may ask about its request. */
export interface Caller {
  /** the log-in name of the person; '' without a log-in */
  person(request: FastifyRequest): string;
  /** the session of the person; undefined without a log-in */
  readonly session: Login['sessionOf'];
}

export interface Capability {
  /** Adds the routes for people, under /api/v1. */
  routes?(api: Api, caller: Caller): void;
  /** Adds the routes for gateways, under /ingest/v1. `gatewayOf` names the gateway that a request comes from. */
  gatewayRoutes?(app: FastifyInstance, gatewayOf: (request: FastifyRequest) => string): void;
  /** Called with events that the history has just stored for the first time. Neither waits nor throws. */
  stored?(events: readonly ForpostEvent[]): void;
  /** Started before the first event is taken in, and stopped after the last one. */
  readonly part?: Part;
  /** Started when the history answers and events are taken in, and stopped before either ends. */
  readonly background?: Part;
}

/** `Services`: the parts of the centre that the capability needs. */
export interface CapabilityKind<in Services> {
  /** as its folder is called */
  readonly name: string;
  /** kinds of registry records that this capability alone writes */
  readonly registryKinds?: readonly string[];
  /** Constructs the capability; starts nothing. */
  create(services: Services): Capability;
}

/** The capabilities of one centre, in the order of the registry. */
export class Capabilities {
  readonly #made: readonly { readonly name: string; readonly capability: Capability }[];

  /** @throws ForpostError FORPOST_PART_FAILED where two share a name or a kind of registry records */
  constructor(
    made: readonly { readonly kind: Omit<CapabilityKind<never>, 'create'>; readonly capability: Capability }[],
  ) {
    refuseShared(made.map(({ kind }) => kind));
    this.#made = made.map(({ kind: { name }, capability }) => ({ name, capability }));
  }

  /** Creates each of `kinds` from `services`. */
  static of<Services>(kinds: readonly CapabilityKind<Services>[], services: Services): Capabilities {
    return new Capabilities(kinds.map((kind) => ({ kind, capability: kind.create(services) })));
  }

  addRoutes(api: FastifyInstance, login: Login): void {
    const typed = api.withTypeProvider<TypeBoxTypeProvider>();
    const caller: Caller = {
      person: (request) => login.sessionOf(request)?.user ?? '',
      session: (request) => login.sessionOf(request),
    };
    for (const { capability } of this.#made) capability.routes?.(typed, caller);
  }

  addGatewayRoutes(app: FastifyInstance, gatewayOf: (request: FastifyRequest) => string): void {
    for (const { capability } of this.#made) capability.gatewayRoutes?.(app, gatewayOf);
  }

  stored(events: readonly ForpostEvent[]): void {
    for (const { capability } of this.#made) capability.stored?.(events);
  }

  async startParts(releasers: Releasers): Promise<void> {
    for (const { name, capability } of this.#made)
      if (capability.part !== undefined) await releasers.start(name, capability.part);
  }

  async startBackground(releasers: Releasers): Promise<void> {
    for (const { name, capability } of this.#made)
      if (capability.background !== undefined)
        await releasers.start(`${name} in the background`, capability.background);
  }
}

function refuseShared(kinds: readonly Omit<CapabilityKind<never>, 'create'>[]): void {
  const claims = kinds.flatMap(({ name, registryKinds = [] }) => [
    { claim: `the name "${name}"`, name },
    ...registryKinds.map((kind) => ({ claim: `the registry kind "${kind}"`, name })),
  ]);
  for (const [claim, [first, second]] of Map.groupBy(claims, (one) => one.claim))
    if (first !== undefined && second !== undefined)
      throw new ForpostError(
        'FORPOST_PART_FAILED',
        `two capabilities (${first.name}, ${second.name}) have ${claim}: give one of them another`,
      );
}
