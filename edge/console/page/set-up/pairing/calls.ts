/** What the area of pairing asks the gateway. @throws as `call` of ../../api.ts */
import type { AcceptedView, PairingView, ReplacedView } from '../../../view.ts';
import { call, post } from '../../api.ts';
import { base } from '../../base.ts';

const path = `${base}/api/v1/pairing`;
/** A password is hashed, and a large document is checked, on a small machine. */
const acceptWithinMs = 60_000;

export interface AcceptWish {
  readonly knocker: number;
  readonly name: string;
  readonly id?: string;
  readonly place?: string;
  readonly decoder?: string;
  readonly topic?: string;
  readonly section?: 'devices' | 'bridges';
  readonly logIn?: 'own' | 'made';
}

export async function fetchPairing(): Promise<PairingView> {
  return (await (await call(path)).json()) as PairingView;
}

export async function openWindow(minutes: number): Promise<PairingView> {
  return (await (await post(`${path}/open`, { minutes })).json()) as PairingView;
}

export async function closeWindow(): Promise<PairingView> {
  return (await (await post(`${path}/close`, {})).json()) as PairingView;
}

export async function ignoreKnocker(knocker: number): Promise<PairingView> {
  return (await (await post(`${path}/ignore`, { knocker })).json()) as PairingView;
}

export async function acceptKnocker(wish: AcceptWish): Promise<AcceptedView> {
  return (await (await post(`${path}/accept`, wish, acceptWithinMs)).json()) as AcceptedView;
}

/** Hands the identity that a client claims over to it. */
export async function replaceBy(knocker: number, id: string): Promise<ReplacedView> {
  return (await (await post(`${path}/replace`, { knocker, id }, acceptWithinMs)).json()) as ReplacedView;
}
