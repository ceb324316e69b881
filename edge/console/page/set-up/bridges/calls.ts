/** What the page asks about bridges, and the naming of a found device. @throws as `call` of ../../api.ts */
import type { BridgeView, FoundDeviceView } from '../../../view.ts';
import { call } from '../../api.ts';
import { base } from '../../base.ts';
import type { Saved, SaveOptions, SiteStore } from '../site-store.ts';

const path = `${base}/api/v1/bridges`;
/** A check of a large site takes so long on a small machine. */
const saveWithinMs = 60_000;

export async function fetchBridges(): Promise<readonly BridgeView[]> {
  return ((await (await call(path)).json()) as { readonly bridges: readonly BridgeView[] }).bridges;
}

export interface Naming {
  readonly name?: string;
  readonly place?: string;
  /** absent: the gateway makes one of the name */
  readonly id?: string;
}

/** Names a found device, as a change of the site's document. */
export function nameFound(
  site: SiteStore,
  bridge: string,
  { source }: Pick<FoundDeviceView, 'source'>,
  naming: Naming,
  { seen }: Pick<SaveOptions, 'seen'>,
): Promise<Saved> {
  const headers = { 'content-type': 'application/json', 'if-match': `"${seen}"` };
  const body = JSON.stringify({ found: source, ...naming });
  const init = { method: 'POST', headers, body };
  return site.answered(() => call(`${path}/${encodeURIComponent(bridge)}/devices`, init, saveWithinMs));
}
