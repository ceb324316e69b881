/** The link to each sink, for people: its address, the gateway's log-in, and the dates of the certificates. */
import { readFileSync } from 'node:fs';
import { certificatesIn } from '@forpost/shared/tls.ts';
import { type SinkConfig, sinkName } from './sink-kind.ts';
import { sinkKindOf } from './sinks/registry.ts';
import type { Uplink } from './uplink.ts';

export interface LinkView {
  readonly sink: string;
  readonly kind: string;
  /** as "Kafka at broker:9092", without a secret */
  readonly to: string;
  readonly isEncrypted: boolean;
  /** name of the secret that the gateway sends; null: none */
  readonly credential: string | null;
  /** of the gateway's own certificate, ms since 1970; null: none, or unreadable (the problems name the file) */
  readonly certificateUntil: number | null;
  /** ms since 1970: the sink last called events safe; null: not since the gateway started */
  readonly lastSuccess: number | null;
}

type Known = Pick<Uplink, 'credentialOf' | 'lastSuccess'>;

/** The links of the installation, in its order. Reads the certificates' files. */
export function linkViews(sinks: readonly SinkConfig[], uplink: Known, now: number): readonly LinkView[] {
  return sinks.map((config) => {
    const kind = sinkKindOf(config);
    const sink = sinkName(config);
    const servers = kind.servers?.(config, () => now) ?? [];
    return {
      sink,
      kind: kind.kind,
      to: kind.summary(config),
      isEncrypted: servers.length > 0 && servers.every(({ tls }) => tls !== undefined),
      credential: uplink.credentialOf(sink) ?? null,
      certificateUntil: certificateUntil(config),
      lastSuccess: uplink.lastSuccess(sink) ?? null,
    };
  });
}

function certificateUntil({ tls }: SinkConfig): number | null {
  if (tls === undefined || tls === true || tls.certificate === undefined) return null;
  try {
    return certificatesIn(readFileSync(tls.certificate, 'utf8'))?.[0]?.validToDate.getTime() ?? null;
  } catch {
    // the check of the configuration reports the file
    return null;
  }
}
