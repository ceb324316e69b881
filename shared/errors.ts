/**
 * The registry of errors. Each error has a stable code; the message says what happened, to which thing, and what the
 * reader can do. docs/reference/error-codes.md is made of this table by `npm run -s reference`.
 */
export interface ErrorKind {
  /** whether the same attempt can succeed later */
  readonly retryable: boolean;
  /** what happened, a sentence */
  readonly means: string;
  /** what a person should do, a sentence */
  readonly remedy: string;
}

export const errorCodes = {
  FORPOST_CONFIG_INVALID: {
    retryable: false,
    means: 'A configuration file has a mistake.',
    remedy: 'Correct the place that the message names; `forpost check FILE` lists all mistakes of a file.',
  },
  FORPOST_ARGUMENT_INVALID: {
    retryable: false,
    means: 'An argument or option of a command is wrong, or does not fit the present state.',
    remedy: 'Correct what the message names; `--help` after the command lists its arguments and options.',
  },
  FORPOST_SITE_CONFLICT: {
    retryable: false,
    means: 'A change of the site was made over a revision that is not the newest, or over a file edited by hand.',
    remedy: 'Look at what others changed, which the message names, and make the change over the newest revision.',
  },
  FORPOST_PORT_TAKEN: {
    retryable: false,
    means: 'Another program listens on a port of this configuration.',
    remedy: 'Stop that program, or set a free port in the file.',
  },
  FORPOST_DATA_FOLDER: {
    retryable: false,
    means: 'The data folder, or a file in it that is needed at a start, cannot be used.',
    remedy: 'Give the folder to the service’s user, or stop the process that uses it already.',
  },
  FORPOST_OUTBOX_FULL: {
    retryable: true,
    means: 'The disk, or `outbox.max_bytes`, has no room for a reading. The device is not acknowledged and keeps it.',
    remedy: 'Free some space, or restore the uplink so that delivered events can be deleted.',
  },
  FORPOST_OUTBOX_FAILED: {
    retryable: true,
    means: 'SQLite could not open or write the outbox.',
    remedy: 'Read the message for the file; a damaged file is put aside at the next start.',
  },
  FORPOST_OUTBOX_DISK: {
    retryable: true,
    means: 'The disk refuses writes: it is read-only or reports errors. Alarms go on.',
    remedy: 'Check the disk, and replace it.',
  },
  FORPOST_OUTBOX_NEWER_SCHEMA: {
    retryable: false,
    means: 'A newer Forpost wrote this outbox.',
    remedy: 'Install that version, or move the file away to begin an empty outbox.',
  },
  FORPOST_OUTBOX_STOPPED: {
    retryable: false,
    means: 'A part asked the outbox for something while the gateway was stopping.',
    remedy: 'Nothing: the sender was not acknowledged and sends it again.',
  },
  FORPOST_BACKUP_INVALID: {
    retryable: false,
    means: 'A backup cannot be read: the passphrase is wrong, or the file is damaged, cut off, or of a newer Forpost.',
    remedy: 'Check the passphrase, then take another copy of the file. Nothing was changed.',
  },
  FORPOST_BACKUP_FAILED: {
    retryable: true,
    means: 'A backup cannot be made or restored now: the disk is full, or a file or folder cannot be used.',
    remedy: 'Correct what the message names, then run the command again.',
  },
  FORPOST_SINK_UNREACHABLE: {
    retryable: true,
    means: 'The uplink cannot reach Kafka or the receiver.',
    remedy: 'Check address, certificate and network; the gateway tries again by itself.',
  },
  FORPOST_SINK_TIMEOUT: {
    retryable: true,
    means: 'Kafka or the receiver did not answer within the deadline.',
    remedy: 'Check the connection; the gateway sends the batch again by itself.',
  },
  FORPOST_SINK_TOPIC_MISSING: {
    retryable: true,
    means: 'Kafka lacks a topic with this prefix.',
    remedy: 'Start the centre, or run `forpost cloud topics --config cloud.yaml`.',
  },
  FORPOST_SINK_REFUSED: {
    retryable: false,
    means: 'Kafka or the receiver refused a batch or the log-in.',
    remedy: 'Check the password or token in `secrets.yaml`, and the rights of the user at Kafka.',
  },
  FORPOST_REPLAY_EMPTY: {
    retryable: false,
    means: '`forpost replay` found no delivered event in the given range.',
    remedy: 'Choose a range, epoch or lane that the message offers.',
  },
  FORPOST_EVENT_INVALID: {
    retryable: false,
    means: 'An event has a time, a number or a size that cannot be stored.',
    remedy: 'Correct the device or its clock: the same event is refused again.',
  },
  FORPOST_QUERY_INVALID: {
    retryable: false,
    means: 'A query of the history has a range, a limit or a name that is not possible.',
    remedy: 'Correct the parameter that the message names.',
  },
  FORPOST_ID_INVALID: {
    retryable: false,
    means: 'A text that should be an id is not an id.',
    remedy: 'Use 1 to 64 of a-z, 0-9 and -.',
  },
  FORPOST_MODEL_INVALID: {
    retryable: false,
    means: 'A file is not a detection model that Forpost can run.',
    remedy: 'Export the model in one of the known forms, or choose one of `forpost model list`.',
  },
  FORPOST_DETECTOR_FAILED: {
    retryable: true,
    means: 'A detection model failed on a frame.',
    remedy: 'Nothing at first: the model is loaded again. If it repeats, choose another model.',
  },
  FORPOST_CAMERA_FAILED: {
    retryable: true,
    means: 'A camera gave no certificate, stream or clip.',
    remedy: 'Check the camera’s address, log-in and network; the gateway connects again by itself.',
  },
  FORPOST_HISTORY_FAILED: {
    retryable: true,
    means: 'The centre could not read or write the history.',
    remedy: 'Check ClickHouse; events wait in Kafka meanwhile.',
  },
  FORPOST_FILE_FAILED: {
    retryable: true,
    means: 'The centre could not write a file of its data folder: commands, audit or registry.',
    remedy: 'Check the disk and the owner of the file that the message names, then repeat the action.',
  },
  FORPOST_CHANGED_MEANWHILE: {
    retryable: true,
    means: 'Other people changed the same registry record again and again.',
    remedy: 'Repeat the action.',
  },
  FORPOST_CENTRE_STOPPING: {
    retryable: true,
    means: 'The centre stopped before it answered.',
    remedy: 'Repeat the action when the centre runs again; gateways repeat by themselves.',
  },
  FORPOST_HISTORY_DAMAGED: {
    retryable: false,
    means: 'The embedded history cannot be opened.',
    remedy: 'Nothing at first: the centre puts it aside and begins an empty one; fill it with `forpost cloud rebuild`.',
  },
  FORPOST_LANE_SCATTERED: {
    retryable: false,
    means: 'The sequence numbers of one lane lie in too many separate ranges to be listed.',
    remedy: 'Look for a second sender that uses the id of this gateway.',
  },
  FORPOST_CENTRE_RUNNING: {
    retryable: false,
    means: 'A running centre reads the topics, and the command needs it stopped.',
    remedy: 'Stop the centre, then run the command again.',
  },
  FORPOST_CHANNEL_FAILED: {
    retryable: true,
    means: 'A notification channel did not take a notification.',
    remedy: 'Check the channel’s address and log-in; the centre tries again by itself.',
  },
  FORPOST_COMMANDS_FULL: {
    retryable: true,
    means: 'The gateway has received its daily limit of commands.',
    remedy: 'Wait, or find the program that sends them.',
  },
  FORPOST_CALL_UNANSWERED: {
    retryable: true,
    means: 'A thread of the gateway ended, or did not answer another thread in time.',
    remedy: 'Nothing at first: the gateway starts the thread again and asks again. If it repeats, report the message.',
  },
  FORPOST_PART_FAILED: {
    retryable: false,
    means: 'A part of Forpost was used in a state that must not occur.',
    remedy: 'Restart the process, and report the message as a defect.',
  },
} as const satisfies Record<string, ErrorKind>;

export type ErrorCode = keyof typeof errorCodes;

export class ForpostError extends Error {
  readonly code: ErrorCode;
  /** whether a later attempt can succeed */
  readonly retryable: boolean;

  constructor(code: ErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'ForpostError';
    this.code = code;
    this.retryable = errorCodes[code].retryable;
  }
}

/** The message of any thrown value. */
export function messageOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0 && error.message === '')
    return messageOf(error.errors[0]);
  return error instanceof Error ? error.message : String(error);
}
