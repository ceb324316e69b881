/**
 * What every command feed keeps: the contract of CommandFeed (edge/commands/feed.ts). Called with each feed and its real
 * other side; a new sink whose centre sends commands calls it too.
 */
import { setImmediate as turn } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { CommandFeed, DeliveredCommand } from '../../edge/commands/feed.ts';

export interface FeedSide {
  readonly feed: CommandFeed;
  /** the same kind of feed, with nothing where it points; absent: it takes long to give up */
  readonly lost?: CommandFeed;
  /** Gives a command for this gateway to the other side, and one for another gateway. Resolves to the envelope's text. */
  issue(): Promise<string>;
  stop(): Promise<void>;
}

const withinMs = 20_000;

export function keepsFeedContract(name: string, sideOf: () => Promise<FeedSide>): void {
  describe(`the ${name} command feed`, () => {
    let side: FeedSide;
    const issued: string[] = [];
    beforeAll(async () => {
      side = await sideOf();
    });
    afterAll(() => side?.stop());

    /** Runs the feed until `enough` were taken, then stops it. */
    async function taken(enough: number, during?: () => Promise<void>): Promise<readonly DeliveredCommand[]> {
      const stopping = new AbortController();
      const found: DeliveredCommand[] = [];
      let atOnce = 0;
      const running = side.feed.run(async (delivered) => {
        expect(++atOnce, 'the next one came before the one before was taken').toBe(1);
        found.push(delivered);
        // a feed that does not wait for the taker would come again by now
        for (let turns = 0; turns < 5; turns++) await turn();
        atOnce--;
      }, stopping.signal);
      let failure: unknown;
      running.catch((error: unknown) => {
        failure = error;
      });
      await during?.();
      await vi.waitFor(() => expect({ failure, enough: found.length >= enough }).toEqual({ enough: true }), {
        timeout: withinMs,
      });
      stopping.abort();
      await running;
      return found;
    }

    test('delivers in order what was issued before it runs and while it does, one at a time, until it is stopped', async () => {
      issued.push(await side.issue(), await side.issue());
      const found = await taken(3, async () => {
        issued.push(await side.issue());
      });
      expect(found.map(({ envelope }) => Buffer.from(envelope as string).toString())).toEqual(issued);
      for (const { centreTime } of found)
        expect(Math.abs((centreTime ?? Number.NaN) - Date.now())).toBeLessThan(60_000);
    });

    test('delivers again in each run what has not expired', async () => {
      const found = await taken(issued.length);
      expect(found.map(({ envelope }) => Buffer.from(envelope as string).toString())).toEqual(issued);
    });

    test('ends with what the taker throws', async () => {
      const running = side.feed.run(() => Promise.reject(new Error('the disk is full')), new AbortController().signal);
      await expect(running).rejects.toThrow('the disk is full');
    });

    test('ends at once where it was stopped before', async () => {
      await side.feed.run(() => Promise.reject(new Error('a command came')), AbortSignal.abort());
    });

    test('says why where nobody answers', async () => {
      const running = side.lost?.run(async () => undefined, new AbortController().signal);
      if (running !== undefined)
        await expect(running).rejects.toMatchObject({ code: expect.stringMatching(/^FORPOST_SINK_/) });
    });
  });
}
