/** What the main thread asks of the thread that checks documents, and its one answer. */

import type { PlacedProblem } from '@forpost/shared/config/yaml.ts';
import type { ErrorCode } from '@forpost/shared/errors.ts';
import type { LoadedDocument } from '../../site/change.ts';
import type { Edit } from '../../site/document-edit.ts';
import type { ChangeInWords } from '../../site/revision.ts';
import type { Fields } from '../../site/values.ts';
import type { ChangedCredentials, CredentialChange } from '../credential-changes.ts';
import type { DeviceList } from '../device-list.ts';
import type { GivenPassword } from '../passwords.ts';
import type { SecretsFile } from '../secrets-file.ts';

/** Of the secrets file. */
export type SecretsQuestion =
  /** writes changes of credentials */
  | { readonly kind: 'credentials'; readonly file: SecretsFile; readonly changes: readonly CredentialChange[] }
  /** gives the devices and consumers of a document without credentials a password */
  | { readonly kind: 'give'; readonly file: SecretsFile; readonly text: string };

export type CheckQuestion =
  | SecretsQuestion
  | { readonly kind: 'edit'; readonly text: string; readonly edits: readonly Edit[] }
  /** adds the devices of a list (CSV) to a document */
  | { readonly kind: 'add'; readonly file: string; readonly text: string; readonly csv: string }
  | { readonly kind: 'load'; readonly file: string; readonly secretsFile: string; readonly text: string }
  | { readonly kind: 'compare'; readonly before: string; readonly after: string }
  | { readonly kind: 'values'; readonly text: string };

export type CheckAnswer =
  | { readonly kind: 'edited'; readonly text: string }
  | { readonly kind: 'added'; readonly list: DeviceList }
  | { readonly kind: 'changed'; readonly changed: ChangedCredentials }
  | { readonly kind: 'given'; readonly given: readonly GivenPassword[] }
  /** a ForpostError */
  | { readonly kind: 'refused'; readonly code: ErrorCode; readonly message: string }
  | { readonly kind: 'loaded'; readonly loaded: LoadedDocument }
  | { readonly kind: 'problems'; readonly problems: readonly PlacedProblem[] }
  | { readonly kind: 'changes'; readonly changes: readonly ChangeInWords[] }
  | { readonly kind: 'values'; readonly values: Fields };
