/** How much one gateway may send, where cloud.yaml says nothing else. */

export interface GatewayLimits {
  readonly events_per_second: number;
  /** of unpacked JSON */
  readonly bytes_per_second: number;
  /** of the alerts lane, beside the events above */
  readonly alerts_per_second: number;
}

/** Five times the load that a gateway is made for, and the speed at which a backlog should drain. */
export const defaultLimits: GatewayLimits = {
  events_per_second: 10_000,
  bytes_per_second: 8_000_000,
  alerts_per_second: 50,
};
