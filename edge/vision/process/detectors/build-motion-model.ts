/**
 * Builds the built-in motion model: the heavy part of motion detection (grey, shrink, blur, compare with two
 * backgrounds, threshold, dilate) as an ONNX graph. It runs like every other model, and a gateway can watch without
 * downloaded weights. motion.ts keeps the backgrounds and finds regions.
 *
 *   frame ─► Conv (luma of 4x4 pixels) ─► AveragePool ─┬─► current
 *                                                      ├─► |current - background| ─┐
 *                                                      └─► |current - older|      ─┴─► Min ─► difference
 *                                            difference > threshold ─► MaxPool (dilate) ─► motion
 */
import { motionCellPixels, motionFrameSize, motionGridSize } from './motion-grid.ts';
import { encodeModel } from './onnx-schema.ts';

/**
 * grey levels (0..255) by which a cell must differ from both backgrounds; the noise of 16 averaged pixels is far below
 */
export const motionThreshold = 14;
/** cells by which the map is widened on each side, so that the parts of a body form one region */
export const motionDilationCells = 2;

/** ITU-R BT.601 luma */
const luma = [0.299, 0.587, 0.114] as const;

/** The bytes of the motion model's .onnx file. */
export function buildMotionModel(): Uint8Array {
  const grid = [1, 1, motionGridSize, motionGridSize];
  const channels = luma.length;
  // the interleaved frame is read as one row-major plane of 3 x size columns: a kernel of 4 x 12 covers 4 x 4 pixels
  // with all channels, without a transposition
  const kernel = [motionCellPixels, motionCellPixels * channels];
  const cellPixels = motionCellPixels ** 2;
  const weights = Float32Array.from(
    { length: cellPixels * channels },
    (_, i) => (luma[i % channels] ?? 0) / cellPixels,
  );
  const dilation = 2 * motionDilationCells + 1;
  const around = (cells: number) => [cells, cells, cells, cells];
  return encodeModel({
    name: 'forpost-motion',
    inputs: [
      { name: 'frame', type: 'uint8', shape: [motionFrameSize, motionFrameSize, channels] },
      { name: 'background', type: 'float', shape: grid },
      { name: 'older', type: 'float', shape: grid },
    ],
    outputs: [
      { name: 'current', type: 'float', shape: grid },
      { name: 'difference', type: 'float', shape: grid },
      { name: 'motion', type: 'float', shape: grid },
    ],
    constants: [
      {
        name: 'plane',
        shape: [4],
        data: BigInt64Array.from([1n, 1n, BigInt(motionFrameSize), BigInt(motionFrameSize * channels)]),
      },
      { name: 'luma', shape: [1, 1, ...kernel], data: weights },
      { name: 'threshold', shape: [], data: Float32Array.of(motionThreshold) },
    ],
    nodes: [
      { op: 'Cast', inputs: ['frame'], output: 'floats', attributes: { to: 1 } },
      { op: 'Reshape', inputs: ['floats', 'plane'], output: 'plane_floats' },
      {
        op: 'Conv',
        inputs: ['plane_floats', 'luma'],
        output: 'grey',
        attributes: { kernel_shape: kernel, strides: kernel },
      },
      {
        op: 'AveragePool',
        inputs: ['grey'],
        output: 'current',
        attributes: { kernel_shape: [3, 3], pads: around(1), strides: [1, 1], count_include_pad: 0 },
      },
      { op: 'Sub', inputs: ['current', 'background'], output: 'change' },
      { op: 'Abs', inputs: ['change'], output: 'change_size' },
      { op: 'Sub', inputs: ['current', 'older'], output: 'older_change' },
      { op: 'Abs', inputs: ['older_change'], output: 'older_change_size' },
      { op: 'Min', inputs: ['change_size', 'older_change_size'], output: 'difference' },
      { op: 'Greater', inputs: ['difference', 'threshold'], output: 'changed' },
      { op: 'Cast', inputs: ['changed'], output: 'changed_cells', attributes: { to: 1 } },
      {
        op: 'MaxPool',
        inputs: ['changed_cells'],
        output: 'motion',
        attributes: { kernel_shape: [dilation, dilation], pads: around(motionDilationCells), strides: [1, 1] },
      },
    ],
  });
}
