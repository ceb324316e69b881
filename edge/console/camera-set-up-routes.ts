/**
 * Routes for setting cameras up: search the networks, ask a camera for its streams, test them, add the camera.
 *
 * Always: only an operator may ask a camera, and the log names the operator; a log-in is sent only to the address
 * that the request names, the stored log-in of a camera only to that camera's host; no answer and no log has a password; a
 * camera is added through the document's one door, its log-in beside it.
 */

import { rfc3339 } from '@forpost/shared/event/codec.ts';
import type { Login } from '@forpost/shared/http/login.ts';
import { HttpProblem, tryAgainIn } from '@forpost/shared/http/problem.ts';
import { problem } from '@forpost/shared/http/schema.ts';
import type { Api } from '@forpost/shared/http/typed-routes.ts';
import { asMessage, type Sentence, wordsOf } from '@forpost/shared/texts/sentence.ts';
import { message } from '@forpost/shared/texts/texts.ts';
import { deviceAddress, isSameHost, streamAddress } from '../cameras/addresses.ts';
import { type CameraSetUp, SetUpBusy } from '../cameras/camera-set-up.ts';
import type { CameraLogin, DeviceAnswer, StreamReading } from '../cameras/messages.ts';
import { findingsOf, isUsable, suggestedOf, suggestedOfTested } from '../cameras/verdict.ts';
import type { CameraConfig } from '../site/site.ts';
import { askAnswer, askBody, foundAnswer, searchBody, testAnswer, testBody } from './schemas/camera-set-up.ts';

export interface CameraSetUpParts {
  readonly setUp: Pick<CameraSetUp, 'search' | 'found' | 'ask' | 'test'>;
  /** the cameras of the site */
  readonly cameras: () => readonly CameraConfig[];
  /** the stored log-in of a camera */
  readonly loginOf: (camera: string) => CameraLogin | undefined;
  readonly login: Login;
}

const see = { right: 'see' } as const;
const act = { right: 'act' } as const;
const busyMs = 5_000;
const refusals = {
  422: problem('it is not the address of a camera, or the camera refuses; `needsLogin`: with this user and password'),
  429: problem('two cameras are being asked already'),
};

export function registerCameraSetUpRoutes(api: Api, parts: CameraSetUpParts): void {
  registerSearch(api, parts);
  registerAsk(api, parts);
  registerTest(api, parts);
}

function registerSearch(api: Api, { setUp, cameras, login }: CameraSetUpParts): void {
  const view = () => foundView(setUp.found(), cameras());
  api.get(
    '/api/v1/cameras/found',
    {
      config: see,
      schema: { summary: 'Cameras that the newest search has found so far', response: { 200: foundAnswer } },
    },
    async () => view(),
  );
  api.post(
    '/api/v1/cameras/found',
    {
      config: act,
      schema: {
        summary: 'Begins a search for cameras on the networks of the gateway',
        description: 'By WS-Discovery, as ONVIF cameras answer it. A running search goes on.',
        body: searchBody,
        response: { 200: foundAnswer },
      },
    },
    async (request) => {
      const { seconds = 5 } = request.body;
      request.log.info({ by: login.sessionOf(request)?.user ?? '', seconds }, 'a search for cameras was begun');
      setUp.search(seconds * 1_000);
      return view();
    },
  );
}

function registerAsk(api: Api, { setUp, login: sessions }: CameraSetUpParts): void {
  api.post(
    '/api/v1/cameras/ask',
    {
      config: act,
      schema: {
        summary: 'Asks a camera for its model and its streams, over ONVIF',
        description: 'Takes up to a minute. The log-in goes to this address alone.',
        body: askBody,
        response: { 200: askAnswer, ...refusals },
      },
    },
    async (request) => {
      const { found, address: typed, login, ca, fingerprint } = request.body;
      const address =
        found === undefined
          ? deviceAddress(typed ?? '')
          : setUp.found().cameras.find(({ id }) => id === found)?.address;
      if (address === undefined)
        throw new HttpProblem(
          422,
          found === undefined ? message('gateway/answer.not-a-camera') : message('gateway/answer.not-found-here'),
        );
      request.log.info({ by: sessions.sessionOf(request)?.user ?? '', address }, 'a camera is asked for its streams');
      const answer = await unlessBusy(() => setUp.ask({ address, login, trust: { ca, fingerprint } }));
      if ('refused' in answer) throw refused(answer.refused, answer.needsLogin);
      return askView(address, answer);
    },
  );
}

function registerTest(api: Api, { setUp, cameras, loginOf, login: sessions }: CameraSetUpParts): void {
  api.post(
    '/api/v1/cameras/test',
    {
      config: act,
      schema: {
        summary: 'Tests streams of a camera: picture, codec, size, rate, and what is wrong',
        description: 'One stream after the other, up to half a minute each. Nothing is stored.',
        body: testBody,
        response: { 200: testAnswer, ...refusals },
      },
    },
    async (request) => {
      const { streams: asked, login, camera, ca, fingerprint } = request.body;
      const streams = asked.map(({ url, transport }) => {
        const address = streamAddress(url);
        if (address === undefined) throw new HttpProblem(422, message('gateway/answer.not-a-camera'));
        return { url: address, transport };
      });
      const own = camera === undefined ? undefined : storedOf(camera, cameras(), streams);
      const by = sessions.sessionOf(request)?.user ?? '';
      request.log.info({ by, streams: streams.map(({ url }) => url) }, 'streams of a camera are tested');
      const trust = { ca: ca ?? own?.ca, fingerprint: fingerprint ?? own?.fingerprint };
      const job = { streams, login: login ?? (own === undefined ? undefined : loginOf(own.id)), trust };
      return testView(await unlessBusy(() => setUp.test(job)));
    },
  );
}

/** The camera whose stored log-in may go to all of `streams`. @throws HttpProblem */
function storedOf(
  id: string,
  cameras: readonly CameraConfig[],
  streams: readonly { readonly url: string }[],
): CameraConfig {
  const camera = cameras.find((one) => one.id === id);
  if (camera === undefined) throw new HttpProblem(422, message('gateway/answer.no-camera', { id }));
  const own = [camera.url, ...(camera.main_url === undefined ? [] : [camera.main_url])];
  const isOwn = streams.every(({ url }) => own.some((one) => isSameHost(one, url)));
  if (!isOwn) throw new HttpProblem(422, message('gateway/answer.login-elsewhere', { camera: id }));
  return camera;
}

async function unlessBusy<T>(run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    if (error instanceof SetUpBusy) throw tryAgainIn(429, busyMs, message('gateway/answer.set-up-busy'));
    throw error;
  }
}

function refused(reason: string, needsLogin: boolean): HttpProblem {
  return new HttpProblem(422, reason, {}, { needsLogin });
}

function foundView(
  { isRunning, began, cameras, problems }: ReturnType<CameraSetUp['found']>,
  own: readonly CameraConfig[],
) {
  return {
    searching: isRunning,
    ...(began === undefined ? {} : { began: rfc3339(began) }),
    cameras: cameras.map(({ problem: why, ...camera }) => {
      const known = own.find(({ url }) => isSameHost(url, camera.address ?? `http://${camera.host}`));
      return {
        ...camera,
        ...(known === undefined ? {} : { known: known.id as string }),
        ...(why === undefined ? {} : { problem: inAnyLanguage(why) }),
      };
    }),
    problems: problems.map(inAnyLanguage),
  };
}

function askView(address: string, { notes, ...device }: DeviceAnswer) {
  return { address, ...device, ...suggestedOf(device.streams), notes: notes.map(inAnyLanguage) };
}

export function testView(readings: readonly StreamReading[]) {
  return {
    streams: readings.map(({ failure: _, keyFramesAwaitedMs: __, ...reading }, index) => {
      const whole = readings[index] ?? reading;
      const findings = findingsOf(whole).map(({ level, text }) => ({ level, ...inAnyLanguage(text) }));
      return { ...reading, usable: isUsable(whole), findings };
    }),
    ...suggestedOfTested(readings),
  };
}

function inAnyLanguage(sentence: Sentence): {
  readonly text: string;
  readonly textI18n?: NonNullable<ReturnType<typeof asMessage>>;
} {
  const textI18n = asMessage(sentence);
  return textI18n === undefined ? { text: wordsOf(sentence) } : { text: wordsOf(sentence), textI18n };
}
