/**
 * The models of this gateway: `forpost model add`, and what the vision process may open. A model is two files in the
 * models folder, `<name>.onnx` and `<name>.json` (its card).
 *
 * Always: a file that is no usable model is refused with the reason and leaves the folder as it was; a broken file
 * can crash only the child process that tries it.
 */
export interface ModelCard {
  readonly name: string;
  /** of the .onnx file, in hex */
  readonly sha256: string;
  readonly kind: 'yolox';
  /** pixels a side of its input */
  readonly inputSize: number;
  readonly classes: readonly string[];
  /** p50 of one run on this machine, one thread */
  readonly measuredMs: number;
  /** where it came from: a file's name or an address */
  readonly source: string;
}

export interface AddModelOptions {
  /** name to install it under; default: the file's name without .onnx */
  readonly name?: string;
  /** a file with one class name a line, in the model's order */
  readonly classesFile?: string;
  /** told what is being done, a sentence a time */
  readonly progress?: (text: string) => void;
}
