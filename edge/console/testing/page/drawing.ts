/** Drawing zones, lines and masks on a camera's picture. The page shows the camera «Yard» with its zone «Drive». */
import { expect, test } from 'vitest';
import { onBoard, page, source, tap } from './phone.ts';

export function drawingTests(): void {
  test('a zone is drawn with a finger, changed, undone, and saved over the revision that was edited', async () => {
    source.rulesByCamera = {
      yard: [{ id: 'r', name: 'Intruder', kind: 'zone-entered', zone: 'drive' }],
    };
    await page.getByRole('button', { name: 'Draw zones' }).click();
    await page.getByRole('button', { name: 'New zone' }).click();
    for (const [x, y] of [
      [0.2, 0.1],
      [0.5, 0.1],
      [0.5, 0.4],
    ] as const)
      await tap(x, y);
    await page.getByRole('button', { name: 'Done' }).click();
    await page.getByLabel('Zone').fill('Grüne Tür');
    await page.getByLabel('Zone').blur();
    // a corner is dragged, the drag undone, and a corner added
    const [x, y] = await onBoard(0.5, 0.4);
    await page.mouse.move(x, y);
    await page.mouse.down();
    await page.mouse.move(x + 30, y + 30, { steps: 4 });
    await page.mouse.up();
    await page.getByRole('button', { name: 'Undo' }).click();
    const [midX, midY] = await onBoard(0.35, 0.25);
    await page.mouse.move(midX, midY);
    await page.mouse.down();
    const [toX, toY] = await onBoard(0.2, 0.4);
    await page.mouse.move(toX, toY, { steps: 4 });
    await page.mouse.up();
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await page.locator('dialog').waitFor({ state: 'detached' });
    const [saved] = source.saved;
    expect(saved).toMatchObject({ camera: 'yard', revision: 'c0ffee', by: 'installer' });
    const zone = saved?.scene.zones[1];
    expect(zone).toMatchObject({ id: 'grune-tur', name: 'Grüne Tür' });
    expect(zone?.points.map((point) => point.map((value) => Math.round(value * 100) / 100))).toEqual([
      [0.2, 0.1],
      [0.5, 0.1],
      [0.5, 0.4],
      [0.2, 0.4],
    ]);
    await page.locator('.zone text', { hasText: 'Grüne Tür' }).waitFor();
  });

  test('a zone that a rule watches cannot be deleted; a refused save shows its reason, and the drawing stays', async () => {
    await page.getByRole('button', { name: 'Draw zones' }).click();
    await page.getByText('Tap a shape to change it').waitFor();
    await tap(0.7, 0.65);
    await page.getByText('Watched by Intruder').waitFor();
    expect(await page.getByRole('button', { name: 'Delete' }).isDisabled()).toBe(true);
    await page.getByRole('button', { name: 'Back', exact: true }).click();
    await page.getByRole('button', { name: 'New line' }).click();
    await tap(0.1, 0.8);
    await tap(0.9, 0.9);
    source.refusal = { conflict: 'somebody else has saved the site meanwhile' };
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await page.getByText('somebody else has saved').waitFor();
    await page.locator('.editing .line polyline').first().waitFor();
    source.refusal = undefined;
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await page.locator('dialog').waitFor({ state: 'detached' });
    expect(source.saved.at(-1)?.scene.lines).toMatchObject([{ id: 'line-1', name: 'Line 1' }]);
  });

  test('a zone is drawn by keyboard alone: a cross moves over the picture, Enter sets corners, and a corner is moved', async () => {
    const press = async (...keys: readonly string[]) => {
      for (const key of keys) await page.keyboard.press(key);
    };
    await page.getByRole('button', { name: 'Draw zones' }).click();
    await page.locator('button:enabled', { hasText: 'New zone' }).focus();
    await press('Enter');
    await page.locator('.board:focus').waitFor();
    // corners at 0.4/0.5, 0.4/0.7 and, with keys back, 0.3/0.68; one too many is taken back
    await press('Shift+ArrowLeft', 'Enter', 'Shift+ArrowDown', 'Shift+ArrowDown', 'Enter');
    await press('Shift+ArrowLeft', 'ArrowUp', 'Enter', 'Shift+ArrowUp', 'Enter', 'Backspace');
    await page.getByRole('button', { name: 'Done' }).focus();
    await press('Enter');
    await page.locator('.tools input:focus').waitFor();
    await page.keyboard.press('ControlOrMeta+A');
    await page.keyboard.type('Pond');
    // the cross is in the middle again: it goes to the first corner, holds it, and moves it to the right
    await page.locator('.board').focus();
    await press('Shift+ArrowLeft', 'Enter', 'ArrowRight', 'ArrowRight', 'Enter');
    await page.getByRole('button', { name: 'Save', exact: true }).focus();
    await press('Enter');
    await page.locator('dialog').waitFor({ state: 'detached' });
    const pond = source.saved.at(-1)?.scene.zones.find(({ name }) => name === 'Pond');
    expect(pond?.points.map((point) => point.map((value) => Math.round(value * 100) / 100))).toEqual([
      [0.44, 0.5],
      [0.4, 0.7],
      [0.3, 0.68],
    ]);
  });

  test('a motion mask is drawn with a finger, and the page says what a motion mask does', async () => {
    await page.getByRole('button', { name: 'Draw zones' }).click();
    await page.getByRole('button', { name: 'New motion mask' }).click();
    await page.getByText('a tree, a flag, a street').waitFor();
    for (const [x, y] of [
      [0.05, 0.1],
      [0.15, 0.1],
      [0.15, 0.3],
    ] as const)
      await tap(x, y);
    await page.getByRole('button', { name: 'Done' }).click();
    await page.getByText('Movement here is not looked at').waitFor();
    await page.getByRole('button', { name: 'Delete' }).click();
    await page.getByRole('button', { name: 'Undo' }).click();
    await page.locator('.editing .motion polygon').waitFor();
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await page.locator('dialog').waitFor({ state: 'detached' });
    expect(source.saved.at(-1)?.scene.masks).toEqual([]);
    const [mask] = source.saved.at(-1)?.scene.motion_masks ?? [];
    expect(mask?.points.map((point) => point.map((value) => Math.round(value * 100) / 100))).toEqual([
      [0.05, 0.1],
      [0.15, 0.1],
      [0.15, 0.3],
    ]);
  });
}
