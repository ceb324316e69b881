/** What a client was refused, in an installer's words. Pure. For the page and the command line. */
import type { Refused } from '../../broker/refused-clients.ts';

const mostLetters = 300;

/** To go on behind the client's name: «Oven logs in with a wrong password». */
export function refusedInWords({ kind, what: told }: Pick<Refused, 'kind' | 'what'>): string {
  const what = shortened(told);
  switch (kind) {
    case 'publish':
      return `publishes to ${what}, where it may not: the messages are dropped`;
    case 'will':
      return `has a last will on ${what}, where it may not publish: the will is dropped`;
    case 'subscribe':
      return `subscribes to ${what}, which it may not hear: the filter is refused`;
    case 'retain':
      return `retains more than it may: ${what} is passed on and not kept`;
    case 'password':
      return 'logs in with a wrong password';
    case 'stranger':
      return 'is no device or consumer of this site';
    case 'protocol':
      return `is not understood: ${what}`;
  }
}

/** What to do about it; empty where the words say it. */
export function refusedRemedy({ kind, user }: Pick<Refused, 'kind' | 'user'>): string {
  switch (kind) {
    case 'publish':
    case 'will':
    case 'subscribe':
      return 'Check its decoder and topic, or the role and filters of a consumer, in site.yaml.';
    case 'retain':
      return 'Have it retain fewer or smaller messages.';
    case 'password':
      return 'Enter its password anew, or make another one: forpost devices password.';
    case 'stranger':
      return user === '' ? 'Enter a user name and password in it.' : 'Check the user name: it is the id in site.yaml.';
    case 'protocol':
      return '';
  }
}

/** Who it was: its name here, or what it calls itself; where from. */
export function refusedWho({
  name,
  user,
  clientId,
  address,
}: Pick<Refused, 'user' | 'clientId' | 'address'> & { readonly name: string | null }): string {
  const called = name === null ? (user === '' ? 'A client without a user name' : `«${user}»`) : name;
  const more = [clientId === '' ? '' : `client id ${clientId}`, address === '' ? '' : `from ${address}`].map(shortened);
  const told = more.filter((part) => part !== '').join(', ');
  return told === '' ? shortened(called) : `${shortened(called)} (${told})`;
}

/** What clients say is cut already; a name in site.yaml may have any length. */
function shortened(text: string): string {
  return text.length <= mostLetters ? text : `${text.slice(0, mostLetters - 1)}…`;
}
