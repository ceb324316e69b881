/**
 * Adds a list of devices to the site with a made password each, in one revision.
 *
 *   list ─► read and checked with the document ─ wrong ─► problems by line and column     nothing has changed
 *        ─► passwords made ─► document changed (site/document.ts) ─ refused, conflict ─►  passwords taken back
 *        ─► the passwords, once
 */

import type { ImportDoor, ImportedDevices, ImportRequest } from '../devices/import-door.ts';
import type { SiteDocument } from '../site/document.ts';
import { conflictInWords } from '../site/live-site.ts';
import type { DocumentChecks } from './check/document-checks.ts';

export interface DeviceImportOptions {
  readonly document: Pick<SiteDocument, 'change' | 'newest' | 'text'>;
  readonly checks: Pick<DocumentChecks, 'addDevices' | 'givePasswords'>;
}

export class DeviceImport implements ImportDoor {
  readonly #options: DeviceImportOptions;

  constructor(options: DeviceImportOptions) {
    this.#options = options;
  }

  async importDevices({ csv, check, author, why }: ImportRequest): Promise<ImportedDevices> {
    const { document, checks } = this.#options;
    const { number } = document.newest;
    const list = await checks.addDevices(document.text, csv);
    if ('problems' in list) return list;
    if (check) return { wouldAdd: list.added.length };
    const passwords = new Map<string, string>();
    const changed = await document.change({
      seen: String(number),
      author,
      why,
      edit: () => list.text,
      makeSecrets: async (text) => {
        const { made, takeBack } = await checks.givePasswords(text);
        for (const { id, password } of made) passwords.set(id, password);
        return takeBack;
      },
    });
    if ('conflict' in changed) return { conflict: conflictInWords(changed), changes: changed.changes };
    if ('problems' in changed)
      return { problems: changed.problems.map((message) => ({ line: 1, column: 1, message })) };
    const revision = 'unchanged' in changed ? changed.unchanged : changed.revision;
    const added = list.added.map(({ id, name }) => ({ id, name, password: passwords.get(id) ?? '' }));
    return { revision, added };
  }
}
