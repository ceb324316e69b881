/** Refusals of clients in an installer's words, for the page and the command line. Pure. */
import type { Message } from '@forpost/shared/texts/message.ts';
import type { Refused } from '../../broker/refused-clients.ts';
import { say, t } from './texts.ts';

const mostLetters = 300;

/** A refusal in words that follow the client's name: «Oven logs in with a wrong password». */
export function refusedInWords({
  kind,
  what: words,
  whatI18n,
}: Pick<Refused, 'kind' | 'what'> & { readonly whatI18n?: Message }): string {
  const what = shortened(say(whatI18n, words));
  switch (kind) {
    case 'publish':
      return t('gateway-page/refused.publish', { what });
    case 'will':
      return t('gateway-page/refused.will', { what });
    case 'subscribe':
      return t('gateway-page/refused.subscribe', { what });
    case 'retain':
      return t('gateway-page/refused.retain', { what });
    case 'password':
      return t('gateway-page/refused.password');
    case 'stranger':
      return t('gateway-page/refused.stranger');
    case 'protocol':
      return t('gateway-page/refused.protocol', { what });
    default:
      // a kind of another version of the gateway
      return shortened(kind);
  }
}

/** The remedy; empty where the words of the refusal already say it. */
export function refusedRemedy({ kind, user }: Pick<Refused, 'kind' | 'user'>): string {
  switch (kind) {
    case 'publish':
    case 'will':
    case 'subscribe':
      return t('gateway-page/refused.check-topics');
    case 'retain':
      return t('gateway-page/refused.retain-less');
    case 'password':
      return t('gateway-page/refused.enter-password');
    case 'stranger':
      return user === '' ? t('gateway-page/refused.enter-user') : t('gateway-page/refused.check-user');
    default:
      return '';
  }
}

/** The refused client: its name in site.yaml or its own user name, and its address. */
export function refusedClient({
  name,
  user,
  clientId,
  address,
}: Pick<Refused, 'user' | 'clientId' | 'address'> & { readonly name: string | null }): string {
  const called = name === null ? (user === '' ? t('gateway-page/refused.nameless') : `«${user}»`) : name;
  const more = [
    clientId === '' ? '' : t('gateway-page/refused.client-id', { id: clientId }),
    address === '' ? '' : t('gateway-page/refused.from-address', { address }),
  ].map(shortened);
  const details = more.filter((part) => part !== '').join(', ');
  return details === '' ? shortened(called) : `${shortened(called)} (${details})`;
}

/** Shortens a name of site.yaml, which may have any length; texts of clients are shortened before. */
function shortened(text: string): string {
  return text.length <= mostLetters ? text : `${text.slice(0, mostLetters - 1)}…`;
}
