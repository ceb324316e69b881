/** The built-in motion model's sizes, apart from what builds it: the process's own thread needs to know no more. */

/** pixels a side of the frame that the model takes */
export const motionFrameSize = 640;
/** a cell of the motion map is this many pixels a side */
export const motionCellPixels = 4;
/** cells a side of the motion map */
export const motionGridSize = motionFrameSize / motionCellPixels;
