/**
 * The simulated camera: a real RTSP stream of the rendered yard, or of a video file, and beside it an ONVIF device that
 * names the stream and answers to searches on this machine. A program
 * (`node scripts/camera/camera.ts --port P --path /yard --user U --password P [--video FILE] --cache FOLDER`) and a
 * function for tests.
 *
 * Always: one JSON line announces that the stream is ready; the program ends when its standard input closes or on
 * SIGTERM; the RTSP server watches a pipe from the program, and so ends with it in every case.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { startOnvifBeside } from './onvif/beside.ts';
import { prepareVideo, renderYard } from './render.ts';

/** The system's Python, which has the gi package; other Pythons lack it. */
const python = '/usr/bin/python3';
const packages = 'gir1.2-gst-rtsp-server-1.0 python3-gi gstreamer1.0-plugins-good gstreamer1.0-plugins-bad';
const server = fileURLToPath(new URL('./rtsp-camera.py', import.meta.url));

export interface CameraOptions {
  /** folder for rendered and prepared footage */
  readonly cache: string;
  /** 0 or absent: any free port */
  readonly port?: number;
  /** default /yard */
  readonly path?: string;
  readonly user?: string;
  readonly password?: string;
  /** a video file instead of the rendered yard */
  readonly video?: string;
  /** another video, perhaps of another size, that `switchTo` puts into the same stream */
  readonly secondVideo?: string;
  readonly progress?: (text: string) => void;
}

export interface SimulatedCamera {
  /** address without user and password */
  readonly url: string;
  /** the RTSP server's process */
  readonly pid: number;
  /** path of truth.json, which describes the footage; undefined for a video file */
  readonly truth: string | undefined;
  /** s of the machine's monotonic clock at which frame 0 of the loop was due; frame k came k / fps later */
  readonly started: number;
  /** sends no more pictures; RTSP still answers */
  stall(): void;
  resume(): void;
  /** fills the pictures' bytes with noise, until `resume` */
  garble(): void;
  /** changes the footage, from its next key frame on */
  switchTo(which: 'first' | 'second'): void;
  /** disconnects all clients */
  kick(): void;
  /** stops the whole process (SIGSTOP), until `thaw` */
  freeze(): void;
  thaw(): void;
  stop(): Promise<void>;
  /** resolves when the process has ended, for any reason */
  readonly ended: Promise<void>;
}

/** Renders or prepares missing footage, and serves it. @throws Error when the server does not start */
export async function startCamera(options: CameraOptions): Promise<SimulatedCamera> {
  const { cache, video, secondVideo, port = 0, path = '/yard', user, password, progress } = options;
  const footage = video === undefined ? await renderYard(cache, progress) : await prepareVideo(video, cache);
  const second = secondVideo === undefined ? [] : ['--second', (await prepareVideo(secondVideo, cache)).video];
  const child = spawn(python, [server, '--file', footage.video, ...second, '--port', `${port}`, '--path', path], {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: {
      ...process.env,
      ...(user === undefined ? {} : { FORPOST_CAMERA_USER: user, FORPOST_CAMERA_PASSWORD: password ?? '' }),
    },
  });
  let problem = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    problem = (problem + text).slice(-2_000);
  });
  child.on('error', (error) => {
    problem += error.message;
  });
  // `ended` reports a server that is gone
  child.stdin.on('error', () => child.stdin.destroy());
  const ended = once(child, 'close').then(() => {});
  const lines = createInterface(child.stdout);
  const first = await Promise.race([once(lines, 'line').then(([line]) => String(line)), ended]);
  if (first === undefined || child.pid === undefined) {
    const missing = /No module named|not available|ENOENT/.test(problem)
      ? `; it needs: apt-get install ${packages}`
      : '';
    throw new Error(`the simulated camera did not start: ${problem.trim()}${missing}`);
  }
  const { pid } = child;
  const { ready, started } = JSON.parse(first) as { ready: string; started: number };
  const send = (command: string) => {
    if (!child.stdin.destroyed) child.stdin.write(`${command}\n`);
  };
  return {
    url: ready,
    pid,
    truth: footage.truth,
    started,
    ended,
    stall: () => send('stall'),
    resume: () => send('resume'),
    garble: () => send('garbage'),
    switchTo: (which) => send(which),
    kick: () => send('kick'),
    freeze: () => child.kill('SIGSTOP'),
    thaw: () => child.kill('SIGCONT'),
    async stop() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      port: { type: 'string', default: '0' },
      path: { type: 'string', default: '/yard' },
      user: { type: 'string' },
      password: { type: 'string' },
      video: { type: 'string' },
      cache: { type: 'string', default: '.forpost/camera' },
    },
  });
  const { port, path, user, password, video, cache } = values;
  const camera = await startCamera({
    cache,
    port: Number(port),
    path,
    ...(user === undefined ? {} : { user, password: password ?? '' }),
    ...(video === undefined ? {} : { video }),
    progress: (text) => process.stderr.write(`${text}\n`),
  });
  const onvif = await startOnvifBeside({
    url: camera.url,
    ...(user === undefined ? {} : { user, password: password ?? '' }),
  });
  let asked = false;
  const stop = () => {
    asked = true;
    void onvif.stop();
    void camera.stop();
  };
  process.stdin.on('end', stop).on('error', stop).resume();
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, stop);
  process.stdout.write(
    `${JSON.stringify({ ready: camera.url, pid: camera.pid, truth: camera.truth, onvif: onvif.address })}\n`,
  );
  await camera.ended;
  if (!asked) process.stderr.write('the simulated camera ended unexpectedly\n');
  process.exit(asked ? 0 : 1);
}

if (import.meta.main)
  main().catch((error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(1);
  });
