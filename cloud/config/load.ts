/** (skeleton, see the next commit) */
import type { CloudConfig } from './config.ts';

/** The centre's configuration. @throws ForpostError FORPOST_CONFIG_INVALID with file, line and the nearest right name */
export async function loadCloud(file: string): Promise<CloudConfig> {
  throw new Error(file);
}
