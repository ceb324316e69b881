/**
 * The site as it is now: zones, lines and masks may be drawn anew while the gateway runs.
 *
 *   saveScene ── revision as seen? ──► file saved (site-file.ts) ──► current ──► onChanged: rules, vision, history
 *                └── no: a conflict, told in words; nothing was changed
 *
 * Always: `current` is what the file says, or what it said at the start where somebody changed it by hand since.
 */
import { words } from '@forpost/shared/texts/english.ts';
import { type CameraScene, withScene } from './scene-edit.ts';
import type { CameraConfig, Site } from './site.ts';
import type { SiteFile } from './site-file.ts';

export type SceneSaved =
  | { readonly revision: string }
  /** another person has saved meanwhile, or the file was changed by hand */
  | { readonly conflict: string }
  /** what is wrong with the scene, a line each */
  | { readonly problems: readonly string[] };

/** A change of the site while the gateway runs. */
export interface SiteChange {
  readonly site: Site;
  /** the camera as it is drawn now */
  readonly camera: CameraConfig | undefined;
  /** what changed, for the history */
  readonly note: {
    readonly change: 'site-changed';
    readonly message: string;
    readonly by: string;
    readonly camera: string;
    readonly from: string;
    readonly to: string;
  };
}

export interface LiveSiteParts {
  readonly site: Site;
  readonly file: Pick<SiteFile, 'save'>;
  readonly onChanged: (change: SiteChange) => void;
}

export class LiveSite {
  readonly #parts: LiveSiteParts;
  #site: Site;

  constructor(parts: LiveSiteParts) {
    this.#parts = parts;
    this.#site = parts.site;
  }

  get current(): Site {
    return this.#site;
  }

  /**
   * Saves what `by` drew in one camera's picture over the revision that was seen, then applies it.
   * @throws what the file system says
   */
  async saveScene(camera: string, revision: string, scene: CameraScene, by: string): Promise<SceneSaved> {
    if (revision !== this.#site.revision) return { conflict: words('gateway/reason.saved-meanwhile') };
    const saved = await this.#parts.file.save(revision, (text) => withScene(text, camera, scene));
    if ('conflict' in saved) return { conflict: words('gateway/reason.changed-by-hand') };
    if ('problems' in saved) return saved;
    const { site } = saved;
    this.#site = site;
    const config = site.cameras.find(({ id }) => id === camera);
    const message = `${by} drew zones, lines or masks of ${config?.name ?? camera}`;
    const note = { change: 'site-changed', message, by, camera, from: revision, to: site.revision } as const;
    this.#parts.onChanged({ site, camera: config, note });
    return { revision: site.revision };
  }
}
