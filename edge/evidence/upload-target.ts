/** Decides where evidence is sent: to the receiver configured for it, or to the first uplink whose kind receives evidence. */
import type { Secrets } from '../site/secrets.ts';
import { type SinkConfig, sinkName } from '../uplink/sink-kind.ts';
import { sinkKindOf } from '../uplink/sinks/registry.ts';
import type { EvidenceSettings } from './settings.ts';
import type { UploadTarget } from './upload.ts';

/** The parts of gateway.yaml that decide this. */
export interface UploadSettings {
  readonly evidence?: EvidenceSettings;
  readonly uplink: readonly SinkConfig[];
}

/** The name under which the secrets file has the token for `evidence: receiver`. */
export const evidenceSecret = 'evidence';

export function uploadTarget({ evidence, uplink }: UploadSettings, secrets: Secrets): UploadTarget | undefined {
  const sink = uplink.find((one) => sinkKindOf(one).evidence !== undefined);
  const receiver = evidence?.receiver ?? (sink && sinkKindOf(sink).evidence?.(sink));
  if (receiver === undefined) return undefined;
  const name = evidence?.receiver !== undefined || sink === undefined ? evidenceSecret : sinkName(sink);
  const secret = secrets.uplink?.[name];
  // a receiver beside the uplinks uses the same line, which is metered if an uplink has a limit
  const link = evidence?.receiver === undefined ? sink : uplink.find(isLimited);
  return {
    url: receiver.url,
    tls: receiver.tls,
    token: secret?.token,
    link: link !== undefined && isLimited(link) ? sinkName(link) : undefined,
  };
}

function isLimited({ limit }: SinkConfig): boolean {
  return limit?.bytes_per_second !== undefined || limit?.bytes_per_day !== undefined;
}
