/**
 * The registry of errors: a stable code, whether a retry can help, the cause kept, and a message that says what
 * happened, to which thing, and what the reader can do.
 */
export const errorCodes = {
  FORPOST_CONFIG_INVALID: { retryable: false },
  FORPOST_NODE_TOO_OLD: { retryable: false },
  FORPOST_PORT_TAKEN: { retryable: false },
  FORPOST_DATA_FOLDER: { retryable: false },
  FORPOST_OUTBOX_FULL: { retryable: true },
  FORPOST_OUTBOX_FAILED: { retryable: true },
  FORPOST_OUTBOX_DISK: { retryable: true },
  FORPOST_OUTBOX_NEWER_SCHEMA: { retryable: false },
  FORPOST_OUTBOX_STOPPED: { retryable: false },
  FORPOST_SINK_UNREACHABLE: { retryable: true },
  FORPOST_SINK_TIMEOUT: { retryable: true },
  FORPOST_SINK_TOPIC_MISSING: { retryable: true },
  FORPOST_SINK_REFUSED: { retryable: false },
  FORPOST_REPLAY_EMPTY: { retryable: false },
  FORPOST_PAYLOAD_INVALID: { retryable: false },
  FORPOST_MODEL_INVALID: { retryable: false },
  FORPOST_DETECTOR_FAILED: { retryable: true },
  FORPOST_CAMERA_FAILED: { retryable: true },
  FORPOST_HISTORY_FAILED: { retryable: true },
  FORPOST_HISTORY_DAMAGED: { retryable: false },
  FORPOST_LANE_SCATTERED: { retryable: false },
  FORPOST_CENTRE_RUNNING: { retryable: false },
  FORPOST_CHANNEL_FAILED: { retryable: true },
  FORPOST_COMMANDS_FULL: { retryable: true },
  FORPOST_PART_FAILED: { retryable: false },
} as const satisfies Record<string, { retryable: boolean }>;

export type ErrorCode = keyof typeof errorCodes;

export class ForpostError extends Error {
  readonly code: ErrorCode;
  /** whether doing the same again later can succeed */
  readonly retryable: boolean;

  constructor(code: ErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'ForpostError';
    this.code = code;
    this.retryable = errorCodes[code].retryable;
  }
}

/** The sentence of anything thrown. */
export function messageOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0 && error.message === '')
    return messageOf(error.errors[0]);
  return error instanceof Error ? error.message : String(error);
}
