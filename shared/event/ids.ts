/**
 * Ids as branded strings, so that a device id cannot be passed for a gateway id. Ids of sites, gateways, devices, rules
 * and cameras never change; names and places may.
 */
declare const brand: unique symbol;
export type Id<Name extends string> = string & { readonly [brand]: Name };

export type SiteId = Id<'site'>;
export type GatewayId = Id<'gateway'>;
/** A meter, sensor, button or camera: any thing that an event can be about. */
export type DeviceId = Id<'device'>;
export type RuleId = Id<'rule'>;
/** One life of an outbox: a new random id at its beginning, so that no number is used twice. */
export type Epoch = Id<'epoch'>;

export const idPattern = /^[a-z0-9-]{1,64}$/;
/** The pattern of ids, as the text that JSON Schema wants. */
export const idPatternText = '^[a-z0-9-]{1,64}$';

/** Whether `text` may serve as an id of a site, gateway, device, channel, rule or camera. */
export function isId(text: unknown): text is Id<never> {
  return typeof text === 'string' && idPattern.test(text);
}

/** `text` as a branded id. @throws RangeError where it is not one */
export function asId<Name extends string>(text: string): Id<Name> {
  if (!idPattern.test(text)) throw new RangeError(`"${text}" is not an id: use 1 to 64 of a-z, 0-9 and -`);
  return text as Id<Name>;
}

/** The alerts lane overtakes the telemetry lane everywhere. */
export type Lane = 'alerts' | 'telemetry';
export const lanes: readonly Lane[] = ['alerts', 'telemetry'];

export function isLane(text: unknown): text is Lane {
  return text === 'alerts' || text === 'telemetry';
}

/** Position of an event in its (gateway, epoch, lane): 1, 2, 3, … without gaps. A decimal string on the wire. */
export type Sequence = number;

/** An event's id: `<gateway>/<epoch>/<lane>/<seq>`. */
export function eventId(gateway: GatewayId, epoch: Epoch, lane: Lane, sequence: Sequence): string {
  return `${gateway}/${epoch}/${lane}/${sequence}`;
}
