/**
 * The way to a new camera, one step on the screen at a time.
 *
 *   find ── found or typed ──► log in ── asked over ONVIF ──► streams ── tested ──► named ── saved ──► its place
 *     └── a stream's address (rtsp://) ──► log in ───────────────▲
 *
 * Always: «back» keeps what was typed; a password is kept in this element alone and goes with a request that the person
 * made; a refusal stays at the step that it concerns; a camera may be saved although its test failed, and says so.
 */
import { html, LitElement, nothing, type TemplateResult } from 'lit';
import type { AskView, StreamTestView } from '../../../view.ts';
import { LoggedOutError, RefusedError } from '../../api.ts';
import { setUpAddress } from '../../route.ts';
import { sentence } from '../../words.ts';
import type { AreaParts } from '../area.ts';
import { suggestedId, takenId } from '../entries/taken-id.ts';
import type { Values } from '../form/fields.ts';
import { entryForm } from '../form/form.ts';
import { focusAgain, heading } from '../parts.ts';
import { t } from '../texts.ts';
import { askCamera, type Chosen, type Login, saveCamera, testStreams, told } from './camera-api.ts';
import { newCameraFields } from './fields.ts';
import './find-step.ts';
import type { ChosenEvent } from './find-step.ts';
import './login-step.ts';
import type { LoginEvent } from './login-step.ts';
import { type OfferedStream, offeredOf, snapshotOf, streamChoice, typedStreams } from './stream-choice.ts';
import { testView } from './test-view.ts';

type Step = 'find' | 'login' | 'streams' | 'name';

const titles: Readonly<Record<Step, string>> = {
  find: t('set-up/cameras.step-find'),
  login: t('set-up/cameras.step-login'),
  streams: t('set-up/cameras.step-streams'),
  name: t('set-up/cameras.step-name'),
};

class NewCamera extends LitElement {
  static override properties = {
    parts: { attribute: false },
    step: { state: true },
    busy: { state: true },
    problem: { state: true },
    asked: { state: true },
    streams: { state: true },
    detection: { state: true },
    evidence: { state: true },
    tested: { state: true },
  };
  declare parts: AreaParts;
  declare step: Step;
  /** what is being waited for; empty: nothing */
  declare busy: string;
  declare problem: string;
  declare asked: AskView | undefined;
  declare streams: readonly OfferedStream[];
  /** urls */
  declare detection: string;
  declare evidence: string;
  declare tested: StreamTestView | undefined;
  #chosen: ChosenEvent['detail'] = { stream: '' };
  #login: Login | undefined;
  #fingerprint = '';
  /** id of the camera that is being saved */
  #saved = '';

  constructor() {
    super();
    this.step = 'find';
    this.busy = '';
    this.problem = '';
    this.streams = [];
    this.detection = '';
    this.evidence = '';
  }

  override createRenderRoot(): HTMLElement {
    return this;
  }

  /** The heading of a new step gets the focus, as a new place does. */
  async #go(step: Step): Promise<void> {
    this.step = step;
    this.problem = '';
    await this.updateComplete;
    window.scrollTo(0, 0);
    this.querySelector<HTMLElement>('h2')?.focus({ preventScroll: true });
  }

  async #working(what: string, work: () => Promise<void>): Promise<void> {
    if (this.busy !== '') return;
    this.busy = what;
    this.problem = '';
    try {
      await work();
    } catch (error) {
      this.problem = error instanceof Error ? error.message : String(error);
      if (error instanceof LoggedOutError) this.dispatchEvent(new CustomEvent('logged-out', { bubbles: true }));
      if (!(error instanceof RefusedError)) console.warn('new camera:', error);
    } finally {
      this.busy = '';
    }
    if (this.problem !== '') {
      await this.updateComplete;
      this.querySelector<HTMLElement>('.form-problem')?.focus();
    } else await focusAgain(this, 'button.primary');
  }

  #choose({ detail }: ChosenEvent): void {
    this.#chosen = detail;
    void this.#go('login');
  }

  #logIn({ detail }: LoginEvent): void {
    this.#login = detail.login;
    this.#fingerprint = detail.fingerprint;
    const chosen = this.#chosen;
    if ('stream' in chosen) {
      this.#offer(typedStreams(chosen.stream, detail.mainStream), {});
      void this.#go('streams').then(() => this.#test());
      return;
    }
    void this.#working(t('set-up/cameras.asking'), () => this.#ask(chosen));
  }

  async #ask(chosen: Chosen): Promise<void> {
    const asked = await askCamera(chosen, this.#login, this.#fingerprint);
    this.asked = asked;
    const pictures = asked.snapshot === undefined ? [] : [snapshotOf(asked.snapshot)];
    this.#offer([...asked.streams.map(offeredOf), ...pictures], asked);
    await this.#go('streams');
  }

  #offer(
    streams: readonly OfferedStream[],
    { detection, evidence }: Partial<Pick<AskView, 'detection' | 'evidence'>>,
  ): void {
    this.streams = streams;
    this.tested = undefined;
    this.detection = detection ?? streams[0]?.url ?? '';
    this.evidence = evidence ?? streams.at(-1)?.url ?? '';
  }

  #test(): Promise<void> {
    return this.#working(t('set-up/cameras.testing'), async () => {
      const urls = [...new Set([this.detection, this.evidence])].filter((url) => url !== '');
      this.tested = await testStreams(
        urls.map((url) => ({ url })),
        this.#login,
        { fingerprint: this.#fingerprint },
      );
    });
  }

  override render(): TemplateResult {
    const { step } = this;
    return html`${heading(titles[step])} ${
      step === 'find'
        ? html`<forpost-find-camera @chosen=${(event: ChosenEvent) => this.#choose(event)}></forpost-find-camera>`
        : html`<p class="form-buttons"><button type="button" class="plain" ?disabled=${this.busy !== ''} @click=${() => this.#back()}>‹ ${t('set-up/cameras.back')}</button></p>`
    }
      ${this.problem === '' ? nothing : html`<p class="form-problem failure" role="alert" tabindex="-1">${sentence(this.problem)}.</p>`}
      <p role="status" class="busy-line">${this.busy}</p>
      ${step === 'login' ? this.#loginStep() : nothing} ${step === 'streams' ? this.#streamsStep() : nothing}
      ${step === 'name' ? this.#nameStep() : nothing}`;
  }

  #back(): void {
    const before: Readonly<Record<Step, Step>> = { find: 'find', login: 'find', streams: 'login', name: 'streams' };
    void this.#go(before[this.step]);
  }

  #loginStep(): TemplateResult {
    const chosen = this.#chosen;
    const isStream = 'stream' in chosen;
    return html`<p class="muted">${isStream ? chosen.stream : chosen.label}</p>
      <forpost-camera-login .busy=${this.busy !== ''} .isStream=${isStream} .login=${this.#login} .fingerprint=${this.#fingerprint} .offered=${offeredFingerprint(this.problem)}
        @done=${(event: LoginEvent) => this.#logIn(event)}></forpost-camera-login>`;
  }

  #streamsStep(): TemplateResult {
    const { asked, tested, streams, detection, evidence, busy } = this;
    const names = new Map(streams.map(({ url, name }) => [url, name]));
    const untested =
      tested === undefined || ![detection, evidence].every((url) => tested.streams.some((one) => one.url === url));
    return html`${
      asked === undefined
        ? nothing
        : html`<p class="muted">${[asked.manufacturer, asked.model].join(' ')}</p>
          ${asked.notes.map((note) => html`<p class="muted">${sentence(told(note))}.</p>`)}`
    }
      ${streamChoice({
        streams,
        detection,
        evidence,
        disabled: busy !== '',
        choose: (purpose, url) => {
          if (purpose === 'detection') this.detection = url;
          else this.evidence = url;
        },
      })}
      ${tested === undefined ? nothing : testView(tested, names)}
      <div class="form-buttons">
        <button type="button" class=${untested ? 'primary' : 'plain'} ?disabled=${busy !== '' || detection === ''} @click=${() => void this.#test()}>${tested === undefined ? t('set-up/cameras.test') : t('set-up/cameras.test-again')}</button>
        <button type="button" class=${untested ? 'plain' : 'primary'} ?disabled=${busy !== '' || detection === ''} @click=${() => void this.#go('name')}>${t('set-up/cameras.to-name')}</button>
      </div>`;
  }

  #nameStep(): TemplateResult {
    const { site, go } = this.parts;
    const { asked, tested, detection, evidence } = this;
    const isUdp = tested?.streams.some(({ url, transport }) => url === detection && transport === 'udp') ?? false;
    const fixed = {
      url: detection,
      ...(evidence === '' || evidence === detection ? {} : { main_url: evidence }),
      ...(isUdp ? { transport: 'udp' } : {}),
      ...(this.#fingerprint === '' || !/^(rtsps|https):/.test(detection) ? {} : { fingerprint: this.#fingerprint }),
    };
    const spec = {
      key: 'cameras/+',
      fields: newCameraFields,
      fixed,
      isNew: true,
      save: t('set-up/cameras.add'),
      at: ({ id }: Values) => ['cameras', String(id ?? '')],
      suggest: (values: Values) => suggestedId(site, values),
      check: (values: Values) => takenId(site, 'cameras', values),
      send: (edits: Parameters<typeof saveCamera>[2], options: { readonly seen: string }) => {
        this.#saved = cameraIn(edits);
        return saveCamera(site, this.#saved, edits, this.#login, options);
      },
    };
    return html`<p class="muted">${asked === undefined ? detection : `${asked.manufacturer} ${asked.model}`}</p>
      ${entryForm(site, spec, () => go(this.#saved))}
      <p class="muted">${t('set-up/cameras.draw-next')} <a href=${setUpAddress('cameras')}>${t('set-up/cameras.title')}</a></p>`;
  }
}

/** The fingerprint that a refusal names; empty: it names none. */
function offeredFingerprint(problem: string): string {
  return /sha256:[0-9a-f]{64}/.exec(problem)?.[0] ?? '';
}

/** The id of the camera that the edits make. */
function cameraIn(edits: Parameters<typeof saveCamera>[2]): string {
  const [first] = edits;
  return first !== undefined && 'set' in first ? String(first.set[1] ?? '') : '';
}

customElements.define('forpost-new-camera', NewCamera);
