import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** of this checkout, with a slash at its end */
export const root = fileURLToPath(new URL('../..', import.meta.url));
/** where rendered footage of the simulated camera is kept from run to run */
export const cameraCache = join(root, '.forpost/cache/camera');
