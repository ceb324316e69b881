/**
 * What the main thread asks of the thread that checks documents, and its one answer. What grows with the site crosses as
 * text (document-lines.ts): the main thread reads it in slices.
 */

import type { PlacedProblem } from '@forpost/shared/config/yaml.ts';
import type { ErrorCode } from '@forpost/shared/errors.ts';
import type { DocumentEdit } from '../../site/edited.ts';
import type { ChangeInWords } from '../../site/revision.ts';
import type { Mistake } from '../../site/values.ts';
import type { ChangedCredentials, CredentialChange } from '../credential-changes.ts';
import type { DeviceList } from '../device-list.ts';
import type { SecretsFile } from '../secrets-file.ts';

/** Of the secrets file. */
export type SecretsQuestion =
  /** writes changes of credentials */
  | { readonly kind: 'credentials'; readonly file: SecretsFile; readonly changes: readonly CredentialChange[] }
  /** gives the devices and consumers of a document without credentials a password */
  | { readonly kind: 'give'; readonly file: SecretsFile; readonly text: string };

export type CheckQuestion =
  | SecretsQuestion
  | { readonly kind: 'edit'; readonly text: string; readonly edit: DocumentEdit }
  /** adds the devices of a list (CSV) to a document */
  | { readonly kind: 'add'; readonly file: string; readonly text: string; readonly csv: string }
  | { readonly kind: 'load'; readonly file: string; readonly secretsFile: string; readonly text: string }
  | { readonly kind: 'compare'; readonly before: string; readonly after: string }
  | { readonly kind: 'values'; readonly text: string }
  /** places the problems of a refused document at its fields */
  | {
      readonly kind: 'mistakes';
      readonly file: string;
      readonly text: string;
      readonly problems: readonly PlacedProblem[];
    };

/** What the thread gets. `end`: it ends. */
export type ThreadMessage = CheckQuestion | { readonly kind: 'end' };

export type CheckAnswer =
  | { readonly kind: 'edited'; readonly text: string }
  /** `added`: lines of `AddedDevice` */
  | { readonly kind: 'added'; readonly text: string; readonly added: string }
  | { readonly kind: 'list-refused'; readonly list: Extract<DeviceList, { problems: unknown }> }
  | { readonly kind: 'changed'; readonly changed: ChangedCredentials }
  /** lines of `GivenPassword` */
  | { readonly kind: 'given'; readonly given: string }
  /** a ForpostError */
  | { readonly kind: 'refused'; readonly code: ErrorCode; readonly message: string }
  /** lines of a `LoadedDocument` */
  | { readonly kind: 'loaded'; readonly lines: string }
  | { readonly kind: 'problems'; readonly problems: readonly PlacedProblem[] }
  | { readonly kind: 'mistakes'; readonly mistakes: readonly Mistake[] }
  | { readonly kind: 'changes'; readonly changes: readonly ChangeInWords[] }
  /** JSON */
  | { readonly kind: 'values'; readonly json: string };
