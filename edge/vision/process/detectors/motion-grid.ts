/** Sizes of the built-in motion model. They have their own file, so that the main thread does not load the builder. */

/** pixels a side of the frame that the model takes */
export const motionFrameSize = 640;
/** a cell of the motion map is this many pixels a side */
export const motionCellPixels = 4;
/** cells a side of the motion map */
export const motionGridSize = motionFrameSize / motionCellPixels;
