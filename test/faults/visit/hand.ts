/**
 * How a person uses the page: by finger or by keyboard. Both count what they do, and note what gets in their way.
 *
 * Always: a finger taps only what is shown and large enough; the keyboard reaches each element by Tab or Shift+Tab alone, as
 * somebody without a mouse does, and never calls `focus`.
 */
import type { Locator, Page } from 'playwright-core';
import { until } from '../../harness/process.ts';
import { hasFocus, wayFromFocus } from './in-page.ts';

export interface Hand {
  readonly kind: 'touch' | 'keyboard';
  readonly page: Page;
  /** taps, or keys that are no text, so far */
  readonly acts: number;
  /** characters typed so far */
  readonly typed: number;
  /** a sentence for each thing that got in the way */
  readonly problems: readonly string[];
  /** Presses a link, a button or a summary. `name`: for the reader of the report */
  press(target: Locator, name: string): Promise<void>;
  /** Replaces the text of a field. */
  fill(target: Locator, name: string, text: string): Promise<void>;
  /** Chooses an option of a list by its value. */
  choose(target: Locator, name: string, value: string): Promise<void>;
  /** Sets corners in the camera's picture; 0..1 from the top left. */
  corners(board: Locator, points: readonly (readonly [number, number])[]): Promise<void>;
}

/** WCAG 2.5.5, px; a link within a line of text is excepted */
const smallestTarget = 44;
const shownWithinMs = 30_000;

/** What a hand counts and notes. */
abstract class CountingHand {
  readonly page: Page;
  acts = 0;
  typed = 0;
  readonly problems: string[] = [];

  constructor(page: Page) {
    this.page = page;
  }
}

export class Finger extends CountingHand implements Hand {
  readonly kind = 'touch';

  async press(target: Locator, name: string): Promise<void> {
    await target.waitFor({ timeout: shownWithinMs });
    await target.scrollIntoViewIfNeeded();
    const box = await target.boundingBox();
    if (box !== null && Math.min(box.width, box.height) < smallestTarget)
      this.problems.push(
        `«${name}» is ${Math.round(box.width)} × ${Math.round(box.height)} px: too small for a finger`,
      );
    await target.tap({ timeout: shownWithinMs });
    this.acts++;
  }

  async fill(target: Locator, name: string, text: string): Promise<void> {
    await this.press(target, name);
    await target.fill(text);
    this.typed += text.length;
  }

  /** The list opens with one tap, and the second one chooses. */
  async choose(target: Locator, name: string, value: string): Promise<void> {
    await target.waitFor({ timeout: shownWithinMs });
    const box = await target.boundingBox();
    if (box !== null && box.height < smallestTarget) this.problems.push(`«${name}» is too low for a finger`);
    await target.selectOption(value);
    this.acts += 2;
  }

  async corners(board: Locator, points: readonly (readonly [number, number])[]): Promise<void> {
    for (const [x, y] of points) {
      const box = await board.boundingBox();
      if (box === null) throw new Error('there is no picture to draw on');
      await this.page.touchscreen.tap(box.x + x * box.width, box.y + y * box.height);
      this.acts++;
    }
  }
}

/** Nobody walks further to reach a button. */
const mostTabs = 200;
/** the keyboard cross of the picture moves by this share (edge/console/page/scene-cross.ts) */
const crossStep = 0.1;
const settleMs = 3_000;

export class Keyboard extends CountingHand implements Hand {
  readonly kind = 'keyboard';

  async press(target: Locator, name: string): Promise<void> {
    await this.#reach(target, name);
    await this.#key('Enter');
    await this.#keepsFocus(name);
  }

  async fill(target: Locator, name: string, text: string): Promise<void> {
    await this.#reach(target, name);
    await this.#key('Control+A');
    await this.page.keyboard.type(text);
    this.typed += text.length;
  }

  async choose(target: Locator, name: string, value: string): Promise<void> {
    await this.#reach(target, name);
    const values = await target.evaluate((list) =>
      [...(list as unknown as { options: Iterable<{ value: string }> }).options].map((option) => option.value),
    );
    const way = values.indexOf(value) - values.indexOf(await target.inputValue());
    for (let step = 0; step < Math.abs(way); step++) await this.#key(way > 0 ? 'ArrowDown' : 'ArrowUp');
    if ((await target.inputValue()) !== value) throw new Error(`arrow keys do not choose ${value} in «${name}»`);
  }

  async corners(board: Locator, points: readonly (readonly [number, number])[]): Promise<void> {
    await this.#reach(board, 'the picture');
    let [x, y] = [0.5, 0.5];
    for (const [toX, toY] of points) {
      await this.#move(toX - x, 'ArrowRight', 'ArrowLeft');
      await this.#move(toY - y, 'ArrowDown', 'ArrowUp');
      await this.#key('Enter');
      [x, y] = [toX, toY];
    }
  }

  async #move(by: number, forth: string, back: string): Promise<void> {
    const steps = Math.round(Math.abs(by) / crossStep);
    for (let step = 0; step < steps; step++) await this.#key(`Shift+${by > 0 ? forth : back}`);
  }

  async #key(key: string): Promise<void> {
    await this.page.keyboard.press(key);
    this.acts++;
  }

  /** Walks from the element with the focus towards the target. @throws Error where Tab does not lead there */
  async #reach(target: Locator, name: string): Promise<void> {
    await target.waitFor({ timeout: shownWithinMs });
    await until(`«${name}» can be used`, () => target.isEnabled(), shownWithinMs);
    for (let tabs = 0; tabs <= mostTabs; tabs++) {
      const way = await target.evaluate(wayFromFocus);
      if (way === 'here') return;
      await this.#key(way === 'back' ? 'Shift+Tab' : 'Tab');
    }
    throw new Error(`«${name}» cannot be reached by keyboard`);
  }

  /** What was pressed may be gone or disabled: then the page has to give the focus to something that follows from it. */
  async #keepsFocus(name: string): Promise<void> {
    await this.page
      .waitForFunction(hasFocus, undefined, { timeout: settleMs })
      .catch(() => this.problems.push(`after «${name}» nothing has the focus`));
  }
}
