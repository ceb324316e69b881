/**
 * What is judged of each view of a visit: axe (WCAG 2.2 A and AA) in light and dark, the width of the page, and pictures for
 * a person to look at.
 */
import { join } from 'node:path';
import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from 'playwright-core';
import { excessWidth, toMiddle } from './in-page.ts';

const schemes = ['light', 'dark'] as const;
const rules = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];

export class Seen {
  /** a sentence for each violation */
  readonly violations: string[] = [];
  views = 0;
  readonly #page: Page;
  /** of the files: language and width */
  readonly #kind: string;
  readonly #shots: string | undefined;

  /** `shots`: folder of the pictures; undefined: none are made */
  constructor(page: Page, kind: string, shots: string | undefined) {
    this.#page = page;
    this.#kind = kind;
    this.#shots = shots;
  }

  async judge(name: string): Promise<void> {
    for (const colorScheme of schemes) {
      await this.#page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      if (this.#shots !== undefined)
        await this.#page.screenshot({
          path: join(this.#shots, `${name}-${this.#kind}-${colorScheme}.png`),
          fullPage: true,
        });
      const { violations } = await new AxeBuilder({ page: this.#page }).withTags(rules).analyze();
      for (const { id, help, nodes } of violations) {
        if (id === 'target-size' && (await this.#areLargeInTheMiddle(nodes.map(({ target }) => target.join(' ')))))
          continue;
        this.#found(
          `${name} (${colorScheme}): ${id}, ${help}: ${nodes.map(({ target }) => target.join(' ')).join(' | ')}`,
        );
      }
      this.views++;
    }
    await this.#page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' });
    const wide = await this.#page.evaluate(excessWidth);
    if (wide > 0) this.#found(`${name}: the page is ${wide} px wider than the screen`);
  }

  /** The bar of a form's buttons lies over whatever is below it, until that is scrolled up. */
  async #areLargeInTheMiddle(selectors: readonly string[]): Promise<boolean> {
    for (const selector of selectors) {
      await this.#page.locator(selector).evaluate(toMiddle);
      const judged = await new AxeBuilder({ page: this.#page }).include(selector).withRules(['target-size']).analyze();
      if (judged.violations.length > 0) return false;
    }
    return true;
  }

  #found(what: string): void {
    this.violations.push(`${this.#kind}, ${what.slice(0, 600)}`);
  }
}
