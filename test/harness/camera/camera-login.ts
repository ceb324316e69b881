/** How a simulated camera demands and checks a log-in; written independently of the gateway's own code. */
import { createHash, randomBytes } from 'node:crypto';

export type Offer = 'Basic' | 'MD5' | 'MD5-sess' | 'SHA-256' | 'SHA-256-sess' | 'SHA-512-256' | 'none named' | 'NTLM';

export interface LoginQuirks {
  readonly user: string;
  readonly password: string;
  /** in the order in which they are offered */
  readonly offers: readonly Offer[];
  /** default: none (RFC 2069) */
  readonly qop?: string;
  /** first answers this many right log-ins with «stale» */
  readonly stale?: number;
  /** a nonce serves this many requests; then another one comes, and the old one is not called stale */
  readonly requestsANonce?: number;
  /** all offers in one header */
  readonly oneHeader?: boolean;
  readonly userhash?: boolean;
  /** offers these, and refuses every answer to them */
  readonly broken?: readonly Offer[];
}

const hashNames: Readonly<Record<string, string>> = { MD5: 'md5', 'SHA-256': 'sha256', 'SHA-512-256': 'sha512-256' };
const realm = 'A "camera", here';

export class CameraLogin {
  readonly #quirks: LoginQuirks;
  readonly #nonces = new Map<string, number>();
  #stale: number;
  /** log-ins refused for another reason than an old nonce */
  wrong = 0;

  constructor(quirks: LoginQuirks) {
    this.#quirks = quirks;
    this.#stale = quirks.stale ?? 0;
  }

  /** The headers of the refusal; undefined for a right log-in. */
  check(method: string, authorization: string | undefined): readonly string[] | undefined {
    if (authorization === undefined) return this.#challenges(false);
    const good = authorization.startsWith('Basic ') ? this.#basic(authorization) : this.#digest(method, authorization);
    if (good === 'yes') return undefined;
    if (good === 'no') this.wrong++;
    return this.#challenges(good === 'stale');
  }

  #basic(authorization: string): 'yes' | 'no' {
    const { user, password, offers, broken = [] } = this.#quirks;
    const right = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
    return offers.includes('Basic') && !broken.includes('Basic') && authorization === right ? 'yes' : 'no';
  }

  #digest(method: string, authorization: string): 'yes' | 'no' | 'stale' | 'old' {
    const { user, password, offers, qop, userhash = false, broken = [], requestsANonce } = this.#quirks;
    const fields = new Map(
      [...authorization.matchAll(/(\w+)=(?:"((?:[^"\\]|\\.)*)"|([^,\s]*))/g)].map(
        ([, name = '', quoted, plain = '']) => [name, quoted?.replaceAll(/\\(.)/g, '$1') ?? plain] as const,
      ),
    );
    const field = (name: string) => fields.get(name) ?? '';
    const written = fields.get('algorithm');
    const offer = offers.find((one) => (written === undefined ? one === 'none named' : one === written));
    if (offer === undefined || broken.includes(offer)) return 'no';
    const h = (text: string) =>
      createHash(hashNames[(written ?? 'MD5').replace('-sess', '')] ?? 'md5')
        .update(text)
        .digest('hex');
    const nonce = field('nonce');
    const uses = this.#nonces.get(nonce);
    if (uses === undefined) return 'no';
    this.#nonces.set(nonce, uses + 1);
    const secret = h(`${user}:${realm}:${password}`);
    const a1 = written?.endsWith('-sess') ? h(`${secret}:${nonce}:${field('cnonce')}`) : secret;
    const a2 = field('qop') === 'auth-int' ? `${method}:${field('uri')}:${h('')}` : `${method}:${field('uri')}`;
    const middle = qop === undefined ? '' : `${field('nc')}:${field('cnonce')}:${field('qop')}:`;
    const right =
      field('response') === h(`${a1}:${nonce}:${middle}${h(a2)}`) &&
      field('realm') === realm &&
      field('username') === (userhash ? h(`${user}:${realm}`) : user) &&
      (qop === undefined || qop.split(/,\s*/).includes(field('qop')));
    if (!right) return 'no';
    if (this.#stale > 0) {
      this.#stale--;
      return 'stale';
    }
    return requestsANonce !== undefined && uses >= requestsANonce ? 'old' : 'yes';
  }

  #challenges(stale: boolean): readonly string[] {
    const { offers, qop, userhash, oneHeader } = this.#quirks;
    const all = offers.map((offer) => {
      if (offer === 'NTLM') return 'NTLM';
      const quoted = `realm="${realm.replaceAll('"', '\\"')}"`;
      if (offer === 'Basic') return `Basic ${quoted}`;
      const nonce = randomBytes(8).toString('hex');
      this.#nonces.set(nonce, 0);
      return [
        `Digest ${quoted}`,
        `nonce="${nonce}"`,
        ...(offer === 'none named' ? [] : [`algorithm=${offer}`]),
        ...(qop === undefined ? [] : [`qop="${qop}"`]),
        ...(userhash === true ? ['userhash=true'] : []),
        // the spelling of some makers
        `stale="${stale ? 'TRUE' : 'FALSE'}"`,
      ].join(', ');
    });
    return oneHeader ? [all.join(', ')] : all;
  }
}
