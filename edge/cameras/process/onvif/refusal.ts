/** What a device's answer refuses, for an installer. Pure. */
import { type Words, words } from '@forpost/shared/texts/english.ts';
import { plain } from '../plain.ts';
import { readSoap } from '../soap.ts';

export interface Refusal {
  readonly reason: Words;
  /** login: another user or password may help · off: it speaks no ONVIF here · action: it does not know this request */
  readonly kind: 'login' | 'locked' | 'off' | 'action';
}

export interface RefusedAnswer {
  readonly status: number;
  readonly text: string;
  readonly wantsLogin: boolean;
}

const unauthorized =
  /not ?authori[sz]ed|unauthori[sz]ed|authority failure|failed ?authentication|security token|access denied|wsse/i;
const lockedWords =
  /lockStatus>\s*lock|(account|user|device|ip)[^<]{0,40}\block(ed)?\b|\block(ed)?\b[^<]{0,20}(account|user)/i;
const unlockSeconds = /unlockTime>\s*(\d{1,6})/i;

/** Undefined: the answer refuses nothing. `hasLogin`: the installer gave a user and a password. */
export function refusalOf(
  { status, text, wantsLogin }: RefusedAnswer,
  where: string,
  hasLogin: boolean,
): Refusal | undefined {
  const soap = readSoap(text);
  if (soap !== undefined && soap.fault === undefined && status < 400) return undefined;
  if (lockedWords.test(text)) return { kind: 'locked', reason: lockedReason(text) };
  const said = soap?.fault ?? '';
  if (wantsLogin || status === 401 || status === 403 || unauthorized.test(said)) {
    const reason = hasLogin ? words('gateway/reason.onvif-wrong-login') : words('gateway/reason.login-needed');
    return { kind: 'login', reason };
  }
  if (soap === undefined)
    return status >= 200 && status < 300
      ? { kind: 'off', reason: words('gateway/reason.onvif-unreadable', { where }) }
      : { kind: 'off', reason: words('gateway/reason.onvif-off', { where, status: String(status) }) };
  return { kind: 'action', reason: words('gateway/reason.onvif-refuses', { words: plain(said, 120) }) };
}

function lockedReason(text: string): Words {
  const seconds = Number(unlockSeconds.exec(text)?.[1] ?? 0);
  return seconds > 0
    ? words('gateway/reason.camera-locked-for', { minutes: Math.ceil(seconds / 60) })
    : words('gateway/reason.camera-locked');
}
