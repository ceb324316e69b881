/** The people who may open the page, from secrets.yaml. A reload replaces them. */
import type { Role } from '@forpost/shared/http/login.ts';
import type { Secrets } from '../site/secrets.ts';

type PeopleSecrets = Pick<Secrets, 'console' | 'viewers'>;

export class ConsoleUsers {
  #secrets: PeopleSecrets;

  constructor(secrets: PeopleSecrets) {
    this.#secrets = secrets;
  }

  renew(secrets: PeopleSecrets): void {
    this.#secrets = secrets;
  }

  /** The argon2id hash of a person's password; undefined for an unknown name. `name`: unchecked, as typed. */
  hashOf(name: string): string | undefined {
    return Object.hasOwn(this.#secrets.console, name) ? this.#secrets.console[name] : undefined;
  }

  roleOf(name: string): Role {
    return this.#secrets.viewers?.includes(name) === true ? 'viewer' : 'operator';
  }
}
