/** What an area of set-up is: a line in areas.ts, and a module that draws it. */
import type { TemplateResult } from 'lit';
import type { ConsoleStatus } from '../../view.ts';
import type { SiteStore } from './site-store.ts';

export interface SetUpArea {
  /** in the page's address: #set-up/<name> */
  readonly name: string;
  /** in the reader's language */
  readonly title: string;
  /** what a person does there, in a few words */
  readonly about: string;
  /** its module, which is loaded when the area is opened */
  readonly load: () => Promise<AreaModule>;
}

export interface AreaModule {
  readonly view: (parts: AreaParts) => TemplateResult;
}

/** What an area gets with each drawing: with each status, and once a second. */
export interface AreaParts {
  /** the site's document, loaded; every change goes through it */
  readonly site: SiteStore;
  readonly status: ConsoleStatus;
  /** what is open in the area, from the page's address behind its name: ['meter-7'] */
  readonly steps: readonly string[];
  /** the gateway's clock, ms since 1970 */
  readonly nowMs: number;
  /** Opens a place in this area, without steps its first view, if this place is still open. */
  readonly go: (...steps: readonly string[]) => void;
}
