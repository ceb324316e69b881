/** What the page's API needs of a restore on this box; backup/restore-staging.ts does it. */

/** What `forpost restore --json` says of a restored gateway. */
export interface StagedRestore {
  readonly gateway: string;
  readonly site: string;
  /** RFC 3339: when the backup was made */
  readonly madeAt: string;
  /** the machine on which it was made */
  readonly machine: string;
  readonly unsent: number;
  /** name of its gateway.yaml */
  readonly configFile: string;
  /** what keeps it from starting here, a line each; empty: nothing */
  readonly problems: readonly string[];
}

export type RestoreState =
  | { readonly state: 'none' }
  | { readonly state: 'coming'; readonly received: number; readonly size: number }
  | { readonly state: 'here'; readonly size: number }
  | { readonly state: 'staged'; readonly size: number; readonly staged: StagedRestore };

/** Each call: @throws ForpostError with the reason in words; then nothing was changed */
export interface RestoreDesk {
  state(): Promise<RestoreState>;
  /** Appends a part at its place, in bytes. `size`: of the whole backup. A part at 0 begins anew. */
  part(at: number, size: number, bytes: Uint8Array): Promise<RestoreState>;
  /** Unpacks the backup beside the running gateway. */
  stage(passphrase: string): Promise<RestoreState>;
  /** Has the next start make this box the restored gateway, and ends the process. */
  commit(): Promise<void>;
  discard(): Promise<RestoreState>;
}
