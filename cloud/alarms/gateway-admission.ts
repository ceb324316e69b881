/**
 * Decides whether events and states of gateways are accepted, through Kafka and the receiver: a gateway may send only
 * data of its own site, and a box that a restored one has replaced may send nothing. Events are counted, so that a
 * flood raises an alarm.
 *
 * Always: a refusal raises one alarm of the centre for each gateway, and a refused event is never in the history.
 */
import type { ForpostEvent } from '@forpost/shared/event/event.ts';
import { inEnglish, sentenceFields } from '@forpost/shared/texts/english.ts';
import { message } from '@forpost/shared/texts/texts.ts';
import type { Claim, Takeovers } from '../gateways/takeovers.ts';
import type { Admission } from '../ingest/admission.ts';
import type { GatewaySites } from '../sites/gateway-sites.ts';
import type { CentreAlarms } from './centre-alarms.ts';
import type { FloodWatch } from './flood-watch.ts';

const claimKind = 'claims-site';
const supersededKind = 'superseded';
/** How long the alarm lasts after a refusal; continued refusals raise it again within this time. */
const holdsForMs = 600_000;

export class GatewayAdmission implements Admission {
  readonly #sites: GatewaySites;
  readonly #flood: FloodWatch;
  readonly #alarms: Pick<CentreAlarms, 'raise'>;
  readonly #takeovers: Pick<Takeovers, 'superseded'>;

  constructor(
    sites: GatewaySites,
    flood: FloodWatch,
    alarms: Pick<CentreAlarms, 'raise'>,
    takeovers: Pick<Takeovers, 'superseded'>,
  ) {
    this.#sites = sites;
    this.#flood = flood;
    this.#alarms = alarms;
    this.#takeovers = takeovers;
  }

  get ready(): boolean {
    return this.#sites.ready;
  }

  refusal({ gateway, site }: { readonly gateway: string; readonly site: string }): string | undefined {
    const reason = this.#sites.refusal(gateway, site);
    if (reason === undefined) return undefined;
    const own = this.#sites.of(gateway)?.site ?? '';
    const sentence = sentenceFields(message('centre/alarm.claims-site', { gateway, site, own }));
    this.#alarms.raise({ gateway, site: own, kind: claimKind, severity: 'warning', ...sentence, holdsForMs });
    return reason;
  }

  superseded(claim: Claim): string | undefined {
    const reason = this.#takeovers.superseded(claim);
    if (reason === undefined) return undefined;
    const { gateway } = claim;
    const site = this.#sites.of(gateway)?.site ?? '';
    const sentence = sentenceFields(
      message('centre/alarm.superseded', { gateway, at: String(reason.values?.at ?? '') }),
    );
    this.#alarms.raise({ gateway, site, kind: supersededKind, severity: 'warning', ...sentence, holdsForMs });
    return inEnglish(reason);
  }

  count(events: readonly ForpostEvent[], bytes: number): void {
    this.#flood.count(events, bytes);
  }

  turnedAway(gateway: string): void {
    this.#flood.turnedAway(gateway, this.#sites.of(gateway)?.site ?? '');
  }
}
