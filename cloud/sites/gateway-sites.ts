/**
 * The site that a gateway belongs to. The centre records the first site that the gateway names; from then on only staff
 * change it.
 *
 *   unknown ── first event or state ──► its site is recorded ── staff: moved, or the site renamed ──► the new one counts,
 *                                                                          and for `formerMs` the one before it too
 *
 * Always: an event that names another site is refused in words and never stored. The former site counts for a while,
 * because events from before the move may be unread in Kafka or unsent at the gateway. Two centres that learn of a new
 * gateway at once may each take its first site for a moment; the record that counts is the same for both.
 */
import type { Clock } from '@forpost/shared/clock.ts';
import { ForpostError, messageOf } from '@forpost/shared/errors.ts';
import { idPatternText, isId } from '@forpost/shared/event/ids.ts';
import type { Part } from '@forpost/shared/lifecycle.ts';
import type { Logger } from '@forpost/shared/logging.ts';
import { words } from '@forpost/shared/texts/english.ts';
import Type from 'typebox';
import { Compile } from 'typebox/compile';
import type { Registry, RegistryRecord } from '../registry/registry.ts';
import { WriteRounds } from '../registry/write-rounds.ts';

export const gatewaySiteKind = 'gateway-site';
/** A gateway that was offline for a week still sends the events of its outbox. */
const formerMs = 7 * 86_400_000;
const mostFormer = 20;
const maxUnrecorded = 100_000;
const maxWritesAtOnce = 16;

export interface GatewaySite {
  readonly site: string;
  /** former sites, each with the time (ms since 1970) until which events may still name it */
  readonly former: readonly { readonly site: string; readonly until: number }[];
}

const isGatewaySite = Compile(
  Type.Object({
    site: Type.String({ pattern: idPatternText }),
    former: Type.Array(Type.Object({ site: Type.String(), until: Type.Number() }), { maxItems: mostFormer }),
  }),
);

/** The site in a record; undefined where there is no record, or it cannot be read. */
export function gatewaySiteOf(record: RegistryRecord | undefined): GatewaySite | undefined {
  const data = record?.data;
  return isGatewaySite.Check(data) ? data : undefined;
}

export class GatewaySites implements Part {
  readonly #registry: Registry;
  readonly #clock: Clock;
  readonly #logger: Logger;
  /** first sites that are not in the registry yet, by gateway */
  readonly #first = new Map<string, string>();
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
      failed: 'the sites of gateways cannot be recorded',
    });
  }

  start(): Promise<void> {
    return this.#rounds.start();
  }

  stop(): Promise<void> {
    return this.#rounds.stop();
  }

  /** whether the registry has been read: before that a known gateway looks like a new one */
  get ready(): boolean {
    return this.#registry.complete;
  }

  /** Why a gateway may not name `site`, in words; undefined where it may. A new gateway may name any site. */
  refusal(gateway: string, site: string): string | undefined {
    const known = this.of(gateway);
    if (known === undefined) {
      this.#note(gateway, site);
      return undefined;
    }
    if (known.site === site) return undefined;
    const now = this.#clock.now();
    if (known.former.some((one) => one.site === site && now < one.until)) return undefined;
    return words('reason/other-site', { gateway, own: known.site, site });
  }

  of(gateway: string): GatewaySite | undefined {
    const recorded = gatewaySiteOf(this.#registry.get(gatewaySiteKind, gateway));
    if (recorded !== undefined) return recorded;
    const first = this.#first.get(gateway);
    return first === undefined ? undefined : { site: first, former: [] };
  }

  /**
   * The gateway belongs to `site` from now on. `by`: a log-in name.
   * @throws ForpostError FORPOST_ID_INVALID; retryable where it cannot be written now
   */
  async move(gateway: string, site: string, by: string): Promise<void> {
    if (!isId(gateway) || !isId(site))
      throw new ForpostError(
        'FORPOST_ID_INVALID',
        words('centre/reason.no-id', { text: isId(gateway) ? site : gateway }),
      );
    for (let tries = 0; tries < 5; tries++) {
      const record = this.#registry.get(gatewaySiteKind, gateway);
      const before = this.of(gateway);
      const now = this.#clock.now();
      if (before?.site === site && record !== undefined) return;
      const left = (before?.former ?? []).filter((one) => one.site !== site);
      const former =
        before === undefined || before.site === site ? left : [...left, { site: before.site, until: now + formerMs }];
      const data = { site, former: former.slice(-mostFormer) };
      const seen = record?.revision ?? 0;
      if (await this.#registry.put({ kind: gatewaySiteKind, id: gateway, author: by, data, seen })) {
        this.#first.delete(gateway);
        return;
      }
    }
    throw new ForpostError('FORPOST_CHANGED_MEANWHILE', words('centre/reason.others-write-site', { gateway }));
  }

  #note(gateway: string, site: string): void {
    if (this.#first.size >= maxUnrecorded) return;
    this.#first.set(gateway, site);
    this.#rounds.request();
  }

  /** Records first sites, some at a time; false: one cannot be written now. */
  async #write(): Promise<boolean> {
    const waiting = this.#first.entries();
    let isDone = true;
    const writeNext = async () => {
      for (const [gateway, site] of waiting) {
        if (!isDone || !this.#rounds.mayWrite) return;
        try {
          await this.#record(gateway, site);
        } catch (error) {
          isDone = false;
          this.#logger.warn({ gateway, problem: messageOf(error) }, 'the site of a gateway cannot be recorded');
        }
      }
    };
    await Promise.all(Array.from({ length: maxWritesAtOnce }, writeNext));
    return isDone;
  }

  /** Where another centre has recorded a site first, its record counts. */
  async #record(gateway: string, site: string): Promise<void> {
    if (this.#registry.get(gatewaySiteKind, gateway) === undefined)
      await this.#registry.put({
        kind: gatewaySiteKind,
        id: gateway,
        author: 'centre',
        data: { site, former: [] },
        seen: 0,
      });
    this.#first.delete(gateway);
  }
}
