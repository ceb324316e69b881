/**
 * A feed brings the centre's commands to a gateway, through the Kafka or the receiver that a sink sends to. It knows
 * neither which commands are genuine nor which came before.
 */

export interface DeliveredCommand {
  /** as it came: a record's value, or an item of an answer */
  readonly envelope: Uint8Array | string;
  /** the centre's (or its broker's) time at this moment, ms since 1970; undefined: it has not said */
  readonly centreTime: number | undefined;
}

export interface CommandFeed {
  /**
   * Delivers until `stopping` is aborted, then resolves; one at a time: the next one after `take` has resolved.
   * Everything that can still be unexpired is delivered again by each run. @throws what ended the connection, or what
   * `take` throws
   */
  run(take: (delivered: DeliveredCommand) => Promise<void>, stopping: AbortSignal): Promise<void>;
}
