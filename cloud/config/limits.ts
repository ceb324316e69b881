/** The default limits of one gateway, where cloud.yaml sets none. */

export interface GatewayLimits {
  readonly events_per_second: number;
  /** bytes of decompressed JSON */
  readonly bytes_per_second: number;
  /** events of the alerts lane, counted apart from the events above */
  readonly alerts_per_second: number;
}

/** Five times the load that a gateway is designed for; a backlog should drain at this rate. */
export const defaultLimits: GatewayLimits = {
  events_per_second: 10_000,
  bytes_per_second: 8_000_000,
  alerts_per_second: 50,
};
