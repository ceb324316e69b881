/** Opens the model that a camera would name (second argument) in a models folder (first one), shows it one picture with a lamp, and prints what it finds. */
import type { Uptime } from '@forpost/shared/clock.ts';
import { findModel, openDetector } from '../../../edge/vision/process/detectors/registry.ts';

const [folder = '', name = ''] = process.argv.slice(2);
const detector = await openDetector(await findModel(name, folder));
const { size } = detector;
const rgb = new Uint8Array(size * size * 3).fill(20);
// a lamp of 16 x 16 pixels at (32, 16)
for (let y = 16; y < 32; y++) rgb.fill(250, (y * size + 32) * 3, (y * size + 48) * 3);
const frame = { camera: 'yard', rgb, size, pictureWidth: size, pictureHeight: size / 2, uptime: 0 as Uptime };
process.stdout.write(`${JSON.stringify(await detector.detect(frame, 0.5))}\n`);
await detector.close();
