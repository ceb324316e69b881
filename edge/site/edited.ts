/**
 * Edits of the document as data: a large document is edited in another thread, and a function cannot be sent there.
 *
 * Always: pure; a text in, a text out.
 */
import { type NamedDevice, withNamedDevice } from './bridge-edit.ts';
import { type Edit, withEdits } from './document-edit.ts';
import { type CameraScene, withScene } from './scene-edit.ts';

export type DocumentEdit =
  | readonly Edit[]
  /** what is drawn in a camera's picture */
  | { readonly camera: string; readonly scene: CameraScene }
  /** a name for a found device of a bridge */
  | { readonly bridge: string; readonly device: NamedDevice };

/** @throws ForpostError FORPOST_CONFIG_INVALID where the text is no YAML, or the edit does not fit */
export function edited(text: string, edit: DocumentEdit): string {
  if ('scene' in edit) return withScene(text, edit.camera, edit.scene);
  if ('bridge' in edit) return withNamedDevice(text, edit.bridge, edit.device);
  return withEdits(text, edit);
}
