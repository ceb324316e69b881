/**
 * Hands the identity of a known device, bridge or consumer over to a client that gives its user name with a wrong password:
 * after a factory reset, or for a replacement of a broken device. Through the one door of all credentials.
 *
 * Always: a person has asked for it by the id that the client claims; the old password ends at once, and its connections
 * with it; a refusal has changed nothing.
 */
import { ForpostError, messageOf } from '@forpost/shared/errors.ts';
import { message } from '@forpost/shared/texts/texts.ts';
import { type CredentialDoor, shortestPassword } from '../credential-door.ts';
import type { Knocker } from './knocker.ts';
import { type Refusal, refusal } from './take-in.ts';

export interface ReplaceRequest {
  /** the id that the client claims, as the person has seen it */
  readonly id: string;
  /** own: the password that the client came with · made: a new one. Default: own where it is long enough */
  readonly logIn?: 'own' | 'made' | undefined;
}

export interface Replaced {
  readonly id: string;
  readonly name: string;
  /** to be entered in the device, and shown once; undefined: it keeps what it came with */
  readonly credential?: { readonly user: string; readonly password: string };
}

export interface ReplaceParts {
  readonly credentials: Pick<CredentialDoor, 'rotate'>;
  readonly nameOf: (id: string) => string;
}

export type Replace = (knocker: Knocker, request: ReplaceRequest) => Promise<Replaced | Refusal>;

export function createReplace({ credentials, nameOf }: ReplaceParts): Replace {
  return async (knocker, { id, logIn }) => {
    if (knocker.knock.principal !== id) return refusal('unknown', message('gateway/pairing.claims-not', { id }));
    const given = Buffer.from(knocker.password ?? []).toString('utf8');
    const isOwn = logIn === 'own' || (logIn === undefined && given.length >= shortestPassword);
    try {
      const rotated = await credentials.rotate(id, { graceS: 0, ...(isOwn ? { password: given } : {}) });
      const name = nameOf(id);
      if (rotated.password === undefined) return { id, name };
      return { id, name, credential: { user: rotated.user, password: rotated.password } };
    } catch (error) {
      if (!(error instanceof ForpostError)) throw error;
      return { ...refusal('problems', message('gateway/pairing.not-replaced')), problems: [messageOf(error)] };
    }
  };
}
