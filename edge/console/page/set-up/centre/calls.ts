/** What the area of the centre asks the gateway. @throws as `call` of ../../api.ts */
import type { CentreAnswer, TriedLink } from '../../../view.ts';
import { call, post } from '../../api.ts';
import { base } from '../../base.ts';

const path = `${base}/api/v1/centre`;
/** The gateway gives up after 35 s. */
const tryWithinMs = 45_000;

export async function fetchLinks(): Promise<CentreAnswer['links']> {
  return ((await (await call(path)).json()) as CentreAnswer).links;
}

export async function tryLink(sink: string): Promise<TriedLink> {
  return (await (await post(`${path}/${encodeURIComponent(sink)}/try`, {}, tryWithinMs)).json()) as TriedLink;
}
