/**
 * Which box counts as the gateway, where a restored box has replaced another one (GatewayStatus.instance).
 *
 *   no record: any box ── status of a restored instance ──► recorded: it is the gateway, all earlier ones are superseded
 *                              ▲                                                │
 *                              └──────────── status of another new instance ◄──┘
 *
 * Always: the first status of an unknown instance takes over; a superseded one never does. The record is in the
 * registry, so all centres know it, also after a restart; until it is written, only this centre knows it. Events that a
 * superseded box sent before the takeover are accepted: over Kafka by the brokers' timestamps.
 */
import type { Clock } from '@forpost/shared/clock.ts';
import { rfc3339 } from '@forpost/shared/event/codec.ts';
import type { GatewayStatus } from '@forpost/shared/event/status.ts';
import type { Part } from '@forpost/shared/lifecycle.ts';
import type { Logger } from '@forpost/shared/logging.ts';
import type { Message } from '@forpost/shared/texts/message.ts';
import { message } from '@forpost/shared/texts/texts.ts';
import Type from 'typebox';
import { Compile } from 'typebox/compile';
import type { Registry } from '../registry/registry.ts';
import { WriteRounds } from '../registry/write-rounds.ts';

export const takeoverKind = 'gateway-takeover';

const takeoverSchema = Type.Object({
  instance: Type.String({ minLength: 1, maxLength: 64 }),
  /** ms since 1970: the first status of the instance, by the broker's clock with Kafka, else by the centre's */
  at: Type.Number(),
  /** RFC 3339 by the gateway's clock: when the backup was made */
  backup: Type.String({ maxLength: 64 }),
  /** the epoch in which the backup ended; '': none */
  former: Type.String({ maxLength: 64 }),
});
const maxTakeovers = 100;
const isRecord = Compile(Type.Object({ takeovers: Type.Array(takeoverSchema, { maxItems: maxTakeovers }) }));

export type Takeover = Readonly<Type.Static<typeof takeoverSchema>>;

/** A box that was replaced, and still sends. Times in ms since 1970. */
export interface OldBox {
  /** when it last sent something */
  readonly lastAt: number;
  /** requests, records and states since this centre started */
  readonly refused: number;
}

/** The sender and the time of a request, record or status, for `superseded`. */
export interface Claim {
  readonly gateway: string;
  /** undefined: it names no instance */
  readonly instance: string | undefined;
  /** ms since 1970, the broker's timestamp; undefined: it arrives now */
  readonly at?: number | undefined;
}

/** RFC 3339 without the ms. */
function inSeconds(at: number): string {
  return rfc3339(at).replace(/\.\d+Z$/, 'Z');
}

const maxPending = 10_000;
const maxOldBoxes = 10_000;

export class Takeovers implements Part {
  readonly #registry: Registry;
  readonly #clock: Clock;
  readonly #logger: Logger;
  /** takeovers that are not in the registry yet, oldest first */
  readonly #pending: (Takeover & { readonly gateway: string })[] = [];
  readonly #oldBoxes = new Map<string, OldBox>();
  readonly #rounds: WriteRounds;

  constructor(registry: Registry, clock: Clock, logger: Logger) {
    this.#registry = registry;
    this.#clock = clock;
    this.#logger = logger;
    this.#rounds = new WriteRounds({
      registry,
      clock,
      logger,
      round: () => this.#write(),
      failed: 'a takeover cannot be recorded yet: it is tried again',
    });
  }

  start(): Promise<void> {
    return this.#rounds.start();
  }

  stop(): Promise<void> {
    return this.#rounds.stop();
  }

  /** All takeovers of a gateway, oldest first; the last one is in force. */
  of(gateway: string): readonly Takeover[] {
    const recorded = this.#recorded(gateway);
    const pending = this.#pending.filter(
      (one) => one.gateway === gateway && recorded.every(({ instance }) => instance !== one.instance),
    );
    return pending.length === 0 ? recorded : [...recorded, ...pending];
  }

  /** The replaced box; undefined: it has sent nothing since this centre started. */
  oldBox(gateway: string): OldBox | undefined {
    return this.#oldBoxes.get(gateway);
  }

  /** Notes an accepted status. `arrived`: see `Takeover.at`. */
  noteStatus({ gateway, instance, restored }: GatewayStatus, arrived: number): void {
    if (instance === undefined || this.of(gateway).some((one) => one.instance === instance)) return;
    if (this.#pending.length >= maxPending) return;
    const [backup, former] = [restored?.backup ?? '', restored?.epoch ?? ''];
    this.#pending.push({ gateway, instance, at: arrived, backup, former });
    this.#logger.warn({ gateway, instance, backup }, 'a restored gateway has taken over: the box before it is refused');
    this.#rounds.request();
  }

  /**
   * Why the claim of a box is refused: a restored box has replaced it. undefined: it is accepted. Counts refusals.
   */
  superseded(claim: Claim): Message | undefined {
    const takeovers = this.of(claim.gateway);
    if (takeovers.length === 0) return undefined;
    const own = claim.instance === undefined ? -1 : takeovers.findIndex(({ instance }) => instance === claim.instance);
    // an unknown instance is the newest one, whose status is still to come
    if (own < 0 && claim.instance !== undefined) return undefined;
    const next = takeovers[own + 1];
    if (next === undefined || (claim.at !== undefined && claim.at <= next.at)) return undefined;
    this.#count(claim.gateway, claim.at ?? this.#clock.now());
    return message('centre/reason.superseded', { gateway: claim.gateway, at: inSeconds(next.at) });
  }

  #count(gateway: string, at: number): void {
    const before = this.#oldBoxes.get(gateway);
    if (before === undefined && this.#oldBoxes.size >= maxOldBoxes) return;
    this.#oldBoxes.set(gateway, { lastAt: Math.max(before?.lastAt ?? 0, at), refused: (before?.refused ?? 0) + 1 });
  }

  #recorded(gateway: string): readonly Takeover[] {
    const data = this.#registry.get(takeoverKind, gateway)?.data;
    return isRecord.Check(data) ? data.takeovers : [];
  }

  /** Writes one takeover after the other; false: some are left. */
  async #write(): Promise<boolean> {
    for (let [first] = this.#pending; first !== undefined && this.#rounds.mayWrite; [first] = this.#pending)
      await this.#record(first);
    return this.#pending.length === 0;
  }

  /** Another centre may have been first: then its record counts. */
  async #record({ gateway, ...takeover }: Takeover & { readonly gateway: string }): Promise<void> {
    const record = this.#registry.get(takeoverKind, gateway);
    const known = this.#recorded(gateway);
    if (!known.some(({ instance }) => instance === takeover.instance)) {
      const data = { takeovers: [...known, takeover].slice(-maxTakeovers) };
      const write = { kind: takeoverKind, id: gateway, author: 'centre', data, seen: record?.revision ?? 0 };
      if (!(await this.#registry.put(write))) return;
    }
    this.#pending.shift();
  }
}
