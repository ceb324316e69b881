/** Messages between the pool and its detector threads. */
import type { ErrorCode } from '@forpost/shared/errors.ts';
import type { Detection, Frame } from './detector.ts';
import type { Model } from './registry.ts';

export type ToWorker = { readonly kind: 'end' } | Work;
/** A message that the thread answers. */
export type Work =
  | { readonly kind: 'prepare'; readonly id: number; readonly model: Model }
  | {
      readonly kind: 'detect';
      readonly id: number;
      readonly model: Model;
      readonly frame: Frame;
      readonly minScore: number;
    };
export type FromWorker =
  | { readonly kind: 'prepared'; readonly id: number }
  | {
      readonly kind: 'detected';
      readonly id: number;
      readonly detections: readonly Detection[];
      readonly detectMs: number;
    }
  | { readonly kind: 'failed'; readonly id: number; readonly code: ErrorCode; readonly message: string };
