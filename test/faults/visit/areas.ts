/**
 * Every area of set-up, on a site that has something in each: judged by axe in light and dark, and walked through by Tab.
 *
 * Always: whatever can be pressed or typed into is reached by Tab alone; the focus is visible, and nothing lies over it.
 */
import type { Page } from 'playwright-core';
import type { EmptySite } from './empty-site.ts';
import { notWalked, stepHere, toPageStart } from './in-page.ts';
import type { Seen } from './seen.ts';

const settleMs = 700;
const mostTabs = 400;

/** Fragments of the page's address, by a name for the report. */
async function places(site: EmptySite): Promise<ReadonlyMap<string, string>> {
  const { values } = await site.api<{ values: Record<string, readonly { id: string }[] | undefined> }>(
    '/api/v1/site/values',
  );
  const own = ['devices', 'bridges', 'cameras', 'rules'].flatMap((section) =>
    (values[section] ?? []).slice(0, 1).map(({ id }) => [`${section}-one`, `#set-up/${section}/${id}`] as const),
  );
  const fixed = [
    ['overview', '#'],
    ['set-up', '#set-up'],
    ['devices', '#set-up/devices'],
    ['devices-new', '#set-up/devices/%2B'],
    ['bridges', '#set-up/bridges'],
    ['bridges-new', '#set-up/bridges/%2B'],
    ['pairing', '#set-up/pairing'],
    ['cameras', '#set-up/cameras'],
    ['cameras-new', '#set-up/cameras/%2B'],
    ['rules', '#set-up/rules'],
    ['rules-kinds', '#set-up/rules/%2B'],
    ['rules-new', '#set-up/rules/%2B/threshold'],
    ['rules-new-zone', '#set-up/rules/%2B/zone-entered'],
    ['actions', '#set-up/actions'],
    ['actions-new', '#set-up/actions/%2B/publish'],
    ['consumers', '#set-up/consumers'],
    ['consumers-new', '#set-up/consumers/%2B'],
    ['consumers-one', `#set-up/consumers/${site.others.display}`],
    ['site', '#set-up/site'],
    ['history', '#set-up/history'],
    ['backup', '#set-up/backup'],
  ] as const;
  return new Map([...fixed, ...own]);
}

/** Judges every place; returns a sentence for each thing that a keyboard does not reach. `page`: logged in */
export async function judgeAreas(page: Page, site: EmptySite, seen: Seen): Promise<readonly string[]> {
  const unreached: string[] = [];
  for (const [name, fragment] of await places(site)) {
    await page.goto(`${site.page}/${fragment}`);
    await page.locator('main h2').first().waitFor();
    await page.waitForTimeout(settleMs);
    await seen.judge(`area-${name}`);
    unreached.push(...(await walk(page)).map((what) => `${name}: ${what}`));
  }
  return unreached;
}

/** Presses Tab from the page's beginning to its end. */
async function walk(page: Page): Promise<readonly string[]> {
  const found: string[] = [];
  await page.evaluate(toPageStart);
  for (let tabs = 0; tabs < mostTabs; tabs++) {
    await page.keyboard.press('Tab');
    const step = await page.evaluate(stepHere);
    if (step === undefined) break;
    found.push(...step);
  }
  return [...found, ...(await page.evaluate(notWalked))];
}
