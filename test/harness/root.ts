import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** path of this checkout, with a slash at its end */
export const root = fileURLToPath(new URL('../..', import.meta.url));
/** folder that keeps rendered footage of the simulated camera between runs */
export const cameraCache = join(root, '.forpost/cache/camera');
