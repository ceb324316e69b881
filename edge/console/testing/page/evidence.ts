/** Pictures and clips of alarms on the page. The page has a picture of the camera «yard». */
import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { activeAlarm, earlierAlarm } from '../source.ts';
import { page, source } from './phone.ts';

export function evidenceTests(): void {
  test('an alarm’s picture is fetched only when a person opens it', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'forpost-page-'));
    const path = join(folder, 'picture.jpg');
    await writeFile(path, source.pictures.get('yard') as Buffer);
    const id = '00000000000000aa';
    const size = (source.pictures.get('yard') as Buffer).length;
    const record = { id, kind: 'picture', media: 'image/jpeg', sha256: 'ab'.repeat(32), size } as const;
    source.kept.set(id, {
      path,
      record: { ...record, time: 0, clock: 'synced', camera: 'yard', alarms: ['e'], worth: 'alarm' },
    });
    const film = {
      ...record,
      id: '00000000000000bb',
      kind: 'clip',
      media: 'video/mp4',
      sha256: 'cd'.repeat(32),
    } as const;
    const clip = join(folder, 'clip.mp4');
    const encode = ['-f', 'lavfi', '-i', 'color=red:size=320x180:duration=1', '-c:v', 'libx264', '-pix_fmt', 'yuv420p'];
    expect(spawnSync('ffmpeg', ['-v', 'error', ...encode, '-movflags', '+faststart', clip]).status).toBe(0);
    const filmed = {
      ...film,
      size: (await stat(clip)).size,
      time: 0,
      clock: 'synced',
      camera: 'yard',
      alarms: ['e'],
      worth: 'alarm',
    } as const;
    source.kept.set(film.id, { path: clip, record: { ...filmed, alarms: ['e'] } });
    source.raise(
      activeAlarm('e', {
        message: 'Somebody in Drive',
        evidence: [record, film],
        evidence_problem: 'no clip: the disk is full',
      }),
    );
    await page.getByText('No clip: the disk is full.').waitFor();
    await page.getByText('Somebody in Drive').first().waitFor();
    expect(source.views).toEqual([]);
    await page.getByRole('button', { name: 'Show 1 picture, 1 clip' }).click();
    await page.locator('.evidence img').waitFor();
    await expect
      .poll(() =>
        page.locator('.evidence img').evaluate((image) => (image as unknown as { naturalWidth: number }).naturalWidth),
      )
      .toBe(320);
    // the browser plays the clip: the content security policy must allow media too
    await expect
      .poll(() =>
        page.locator('.evidence video').evaluate((video) => (video as unknown as { videoWidth: number }).videoWidth),
      )
      .toBe(320);
    expect(source.views[0]).toEqual({ id, by: 'installer' });
    expect(new Set(source.views.map((view) => view.id))).toEqual(new Set([id, film.id]));
    await page.getByRole('button', { name: 'Hide 1 picture, 1 clip' }).click();

    // yesterday's alarm is opened in the same way; a missing picture has its reason, also one deleted meanwhile
    const yesterday = Date.now() - 86_400_000;
    const kept = { ...record, id: '00000000000000dd' } as const;
    source.kept.set(kept.id, {
      path,
      record: { ...kept, time: 0, clock: 'synced', camera: 'yard', alarms: ['y1'], worth: 'alarm' },
    });
    const gone = { ...record, id: '00000000000000cc' } as const;
    source.earlier = [
      earlierAlarm('y1', { message: 'At the fence', raised: yesterday, ended: yesterday + 9000, evidence: [kept] }),
      earlierAlarm('y2', { message: 'At the barn', raised: yesterday, evidence: [gone] }),
      earlierAlarm('old', {
        message: 'At the shed',
        why: 'Its pictures are no longer kept: they are kept for 30 days.',
      }),
    ];
    source.views.length = 0;
    await page.getByRole('button', { name: 'Show earlier alarms' }).click();
    await page.getByRole('heading', { name: 'Yesterday' }).waitFor();
    await page.getByText('they are kept for 30 days').waitFor();
    expect(source.views).toEqual([]);
    const row = (message: string) => page.locator('.earlier-alarm', { hasText: message });
    await row('At the fence').getByRole('button', { name: 'Show 1 picture' }).click();
    await expect
      .poll(() =>
        row('At the fence')
          .locator('img')
          .evaluate((image) => (image as unknown as { naturalWidth: number }).naturalWidth),
      )
      .toBe(320);
    expect(source.views).toEqual([{ id: kept.id, by: 'installer' }]);
    await row('At the barn').getByRole('button', { name: 'Show 1 picture' }).click();
    await row('At the barn').getByText('it cannot be shown').waitFor();
    await page.getByLabel('With pictures').check();
    await row('At the shed').waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'Hide earlier alarms' }).click();
    await rm(folder, { recursive: true });
  });
}
