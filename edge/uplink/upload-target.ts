/** Where evidence is sent: the receiver that is configured for it, else that of the first HTTPS uplink. */
import type { Installation } from '../config/installation.ts';
import type { Secrets } from '../site/site.ts';
import type { UploadTarget } from './evidence-upload.ts';
import { sinkName } from './sinks/name.ts';

/** Under this name the secrets file has the token of `evidence: receiver`, as uplinks have theirs. */
export const evidenceSecret = 'evidence';

export function uploadTarget({ evidence, uplink }: Installation, secrets: Secrets): UploadTarget | undefined {
  const sink = uplink.find((one) => one.kind === 'http');
  const receiver = evidence?.receiver ?? sink;
  if (receiver === undefined) return undefined;
  const name = evidence?.receiver !== undefined || sink === undefined ? evidenceSecret : sinkName(sink);
  const secret = secrets.uplink?.[name];
  const limit = uplink.find((one) => one.limit !== undefined)?.limit;
  return {
    url: receiver.url,
    tls: receiver.tls,
    token: secret !== undefined && 'token' in secret ? secret.token : undefined,
    bytesPerSecond: limit?.bytes_per_second,
    bytesPerDay: limit?.bytes_per_day,
  };
}
