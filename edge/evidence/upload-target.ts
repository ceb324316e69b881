/** Where evidence is sent: the receiver that is configured for it, else that of the first uplink whose kind takes evidence. */
import type { Secrets } from '../site/site.ts';
import { type SinkConfig, sinkName } from '../uplink/sink-kind.ts';
import { sinkKindOf } from '../uplink/sinks/registry.ts';
import type { EvidenceSettings } from './settings.ts';
import type { UploadTarget } from './upload.ts';

/** What of gateway.yaml decides where evidence goes. */
export interface UploadSettings {
  readonly evidence?: EvidenceSettings;
  readonly uplink: readonly SinkConfig[];
}

/** Under this name the secrets file has the token of `evidence: receiver`, as uplinks have theirs. */
export const evidenceSecret = 'evidence';

export function uploadTarget({ evidence, uplink }: UploadSettings, secrets: Secrets): UploadTarget | undefined {
  const sink = uplink.find((one) => sinkKindOf(one).evidence !== undefined);
  const receiver = evidence?.receiver ?? (sink && sinkKindOf(sink).evidence?.(sink));
  if (receiver === undefined) return undefined;
  const name = evidence?.receiver !== undefined || sink === undefined ? evidenceSecret : sinkName(sink);
  const secret = secrets.uplink?.[name];
  // a receiver beside the uplinks is reached over the site's line, which is metered where an uplink says so
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
