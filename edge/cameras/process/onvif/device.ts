/**
 * Asks a camera for its model and its streams over ONVIF. The library `onvif` writes the requests and reads the answers;
 * this file sends them itself (http-post.ts), because the library reads answers of any length and follows any address.
 *
 *   time ──► services, else capabilities ──► model ──► profiles of Media2, else of Media ──► a stream's address each
 *
 * Always: one request at a time, at most `mostRequests` in all; the device's clock is read first, and the log-in is made
 * for that clock; the first refused log-in ends everything; requests go to the host that the installer chose, also where
 * the camera names another one.
 */
import { createHash, randomBytes } from 'node:crypto';
import { type Words, words } from '@forpost/shared/texts/english.ts';
import { type Callback, Cam, type Request } from 'onvif/lib/cam.js';
import { type HttpSource, sourceOf } from '../../../vision/process/address.ts';
import { CameraFailure } from '../../../vision/process/failure.ts';
import type { AskJob, DeviceAnswer, OfferedStream } from '../../messages.ts';
import { plain } from '../plain.ts';
import { children, type Element, readSoap, textAt } from '../soap.ts';
import { HttpPost } from './http-post.ts';
import { type Profile, profilesIn, streamUrl } from './profiles.ts';
import { type Refusal, refusalOf } from './refusal.ts';

const mostRequests = 48;
/** A clock that differs by less is of no consequence. */
const notableClockSeconds = 60;

/** A device that refused a request. */
export class DeviceRefusal extends Error {
  readonly refusal: Refusal;

  constructor(refusal: Refusal) {
    super(refusal.reason);
    this.refusal = refusal;
  }
}

/** @throws CameraFailure: it cannot be reached · DeviceRefusal: it refuses, or speaks no ONVIF */
export async function askDevice({ address, login, trust }: AskJob): Promise<DeviceAnswer> {
  const source = sourceOf({ url: address, user: login?.user, password: login?.password, ...trust });
  if (source.kind !== 'http') throw new CameraFailure('refused', words('gateway/reason.onvif-scheme'));
  return new Device(source).describe();
}

class Device {
  readonly #source: HttpSource;
  readonly #post: HttpPost;
  readonly #cam: SafeCam;

  constructor(source: HttpSource) {
    this.#source = source;
    this.#post = new HttpPost(source);
    this.#cam = new SafeCam(source, (request) => this.#send(request));
  }

  async describe(): Promise<DeviceAnswer> {
    const clock = await this.#clock();
    await this.#services();
    const information = await this.#cam.call((cam, done) => cam.getDeviceInformation(done));
    const [about] = children(information, 'getDeviceInformationResponse');
    const { profiles, more } = await this.#profiles();
    const { streams, notes } = await this.#streams(profiles);
    const snapshot = await this.#snapshot(profiles);
    return {
      manufacturer: plain(textAt(about, 'manufacturer')),
      model: plain(textAt(about, 'model')),
      firmware: plain(textAt(about, 'firmwareVersion')),
      serial: plain(textAt(about, 'serialNumber')),
      ...(clock === undefined ? {} : { clockAheadSeconds: clock }),
      streams,
      ...(snapshot === undefined ? {} : { snapshot }),
      notes: [
        ...(streams.length === 0 && notes.length === 0 ? [words('gateway/reason.onvif-no-video')] : []),
        ...notes,
        ...(more > 0 ? [words('gateway/reason.onvif-more-profiles', { count: more })] : []),
        ...clockNote(clock),
      ],
    };
  }

  /** s by which the device's clock is ahead; undefined: it does not tell its time, and its log-in is made for ours. */
  async #clock(): Promise<number | undefined> {
    try {
      await this.#cam.call((cam, done) => cam.getSystemDateAndTime(done));
    } catch (error) {
      // some devices tell their time only to a log-in, for which their time is needed: then this machine's must do
      const isUntold = error instanceof DeviceRefusal && error.refusal.kind === 'login' && !this.#post.isLoginRefused;
      if (!isUntold && !isAction(error)) throw error;
    }
    const { timeShift } = this.#cam;
    if (timeShift === undefined || !Number.isFinite(timeShift)) {
      this.#cam.timeShift = Date.now() - process.uptime() * 1_000;
      return undefined;
    }
    return Math.round((timeShift + process.uptime() * 1_000 - Date.now()) / 1_000);
  }

  /** Learns where the device's services are. An old device knows no GetServices, and some answer only GetCapabilities. */
  async #services(): Promise<void> {
    try {
      await this.#cam.call((cam, done) => cam.getServices(false, done));
    } catch (error) {
      if (!isAction(error)) throw error;
    }
    if (this.#cam.uri?.media !== undefined || this.#cam.uri?.media2 !== undefined) return;
    this.#cam.media2Support = false;
    try {
      await this.#cam.call((cam, done) => cam.getCapabilities(done));
    } catch (error) {
      if (!isAction(error)) throw error;
    }
  }

  async #profiles(): Promise<ReturnType<typeof profilesIn>> {
    if (this.#cam.media2Support === true) {
      try {
        const found = profilesIn(await this.#cam.call((cam, done) => cam.getProfiles(done)));
        if (found.profiles.length > 0) return found;
      } catch (error) {
        if (!isAction(error)) throw error;
      }
      // announced, but missing
      this.#cam.media2Support = false;
    }
    return profilesIn(await this.#cam.call((cam, done) => cam.getProfiles(done)));
  }

  async #streams(
    profiles: readonly Profile[],
  ): Promise<{ readonly streams: readonly OfferedStream[]; readonly notes: readonly Words[] }> {
    const streams: OfferedStream[] = [];
    const notes = new Set<Words>();
    for (const { token, ...profile } of profiles) {
      try {
        const options = { protocol: 'RTSP', profileToken: escaped(token) };
        const body = await this.#cam.call((cam, done) => cam.getStreamUri(options, done));
        const [answer] = children(body, 'getStreamUriResponse');
        const found = streamUrl(textAt(answer, 'mediaUri', 'uri') || textAt(answer, 'uri'), this.#source.host);
        if ('problem' in found) {
          notes.add(found.problem);
          continue;
        }
        if (found.note !== undefined) notes.add(found.note);
        if (!streams.some(({ url }) => url === found.url)) streams.push({ ...profile, url: found.url });
      } catch (error) {
        if (!isAction(error)) throw error;
        notes.add(error.refusal.reason);
      }
    }
    return { streams, notes: [...notes] };
  }

  /** The address of single pictures, which is optional. */
  async #snapshot([first]: readonly Profile[]): Promise<string | undefined> {
    if (first === undefined) return undefined;
    try {
      const options = { profileToken: escaped(first.token) };
      const body = await this.#cam.call((cam, done) => cam.getSnapshotUri(options, done));
      const [answer] = children(body, 'getSnapshotUriResponse');
      const found = streamUrl(textAt(answer, 'mediaUri', 'uri') || textAt(answer, 'uri'), this.#source.host);
      return 'url' in found && found.url.startsWith('http') ? found.url : undefined;
    } catch (error) {
      if (!isAction(error)) throw error;
      return undefined;
    }
  }

  async #send({ body, service }: Request): Promise<string> {
    const place = service === undefined ? undefined : this.#cam.uri?.[service];
    const path = place?.path ?? new URL(this.#source.url).pathname;
    // a port at another address of the camera does not count here
    const port = place?.hostname === this.#source.host ? Number(place.port ?? this.#source.port) : this.#source.port;
    const answer = await this.#post.send(path, body, port);
    const refusal = refusalOf(answer, this.#post.where, this.#source.login !== undefined);
    if (refusal !== undefined) throw new DeviceRefusal(refusal);
    return answer.text;
  }
}

/** The library's camera with this file's way to send, and without uncaught errors from its results. */
class SafeCam extends Cam {
  readonly #send: (request: Request) => Promise<string>;
  #requests = 0;
  #body: Element | undefined;
  #failed: ((error: unknown) => void) | undefined;
  /** the password as it is: the library's own digest knows only letters of ISO 8859-1 */
  readonly #password: string;

  constructor({ url, host, port, login }: HttpSource, send: (request: Request) => Promise<string>) {
    super({
      hostname: host,
      port,
      path: new URL(url).pathname,
      autoconnect: false,
      // the library writes the name into its XML as it is
      ...(login === undefined ? {} : { username: escaped(login.user), password: login.password || ' ' }),
    });
    this.#send = send;
    this.#password = login?.password ?? '';
  }

  /** Makes a request of the library; resolves to the answer's body. @throws what `send` throws, DeviceRefusal */
  call(ask: (cam: Cam, done: Callback) => void): Promise<Element | undefined> {
    const { promise, resolve, reject } = Promise.withResolvers<Element | undefined>();
    this.#failed = reject;
    ask(this, (error) => {
      if (error === null || error === undefined) resolve(this.#body);
      else reject(new DeviceRefusal({ kind: 'action', reason: words('gateway/reason.onvif-answer') }));
    });
    return promise;
  }

  override _request(request: Request, callback: Parameters<Cam['_request']>[1]): void {
    const fail = this.#failed;
    if (++this.#requests > mostRequests) {
      fail?.(new DeviceRefusal({ kind: 'action', reason: words('gateway/reason.onvif-answer') }));
      return;
    }
    const answered = (text: string) => {
      this.#body = readSoap(text)?.body;
      try {
        callback.call(this, null, [this.#body], text, 200);
      } catch {
        // the library throws on a malformed answer
        fail?.(new DeviceRefusal({ kind: 'action', reason: words('gateway/reason.onvif-answer') }));
      }
    };
    this.#send(request).then(answered, (error: unknown) => fail?.(error));
  }

  override _passwordDigest(): ReturnType<Cam['_passwordDigest']> {
    const timestamp = new Date(process.uptime() * 1_000 + (this.timeShift ?? 0)).toISOString();
    const nonce = randomBytes(16);
    const digest = createHash('sha1').update(nonce).update(timestamp).update(this.#password);
    return { passdigest: digest.digest('base64'), nonce: nonce.toString('base64'), timestamp };
  }
}

function isAction(error: unknown): error is DeviceRefusal {
  return error instanceof DeviceRefusal && error.refusal.kind === 'action';
}

function clockNote(ahead: number | undefined): readonly Words[] {
  if (ahead === undefined || Math.abs(ahead) < notableClockSeconds) return [];
  const minutes = Math.round(Math.abs(ahead) / 60);
  return [
    ahead > 0
      ? words('gateway/reason.onvif-clock-ahead', { minutes })
      : words('gateway/reason.onvif-clock-behind', { minutes }),
  ];
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
};

function escaped(text: string): string {
  return text.replaceAll(/[&<>"']/g, (letter) => entities[letter] ?? letter);
}
