/** What the main thread asks of the thread that checks documents, and its one answer. */
import type { LoadedDocument } from '../../site/document.ts';
import type { ChangeInWords } from '../../site/revision.ts';
import type { Fields } from '../../site/values.ts';

export type CheckQuestion =
  | { readonly kind: 'load'; readonly file: string; readonly secretsFile: string; readonly text: string }
  | { readonly kind: 'compare'; readonly before: string; readonly after: string }
  | { readonly kind: 'values'; readonly text: string };

export type CheckAnswer =
  | { readonly kind: 'loaded'; readonly loaded: LoadedDocument }
  | { readonly kind: 'problems'; readonly problems: readonly string[] }
  | { readonly kind: 'changes'; readonly changes: readonly ChangeInWords[] }
  | { readonly kind: 'values'; readonly values: Fields };
