/**
 * The contract of CommandFeed (edge/commands/feed.ts), called with each feed and its real other side. A new sink whose centre
 * sends commands calls it too.
 */
import { setImmediate as turn } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { CommandFeed, DeliveredCommand } from '../../edge/commands/feed.ts';

export interface FeedSide {
  readonly feed: CommandFeed;
  /** the same kind of feed with a wrong address; absent: its failure would take too long */
  readonly lost?: CommandFeed;
  /** Sends one command for this gateway and one for another gateway. Resolves to the first envelope's text. */
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

    /** Runs the feed until it has delivered `enough` commands, then stops it. */
    async function taken(enough: number, during?: () => Promise<void>): Promise<readonly DeliveredCommand[]> {
      const stopping = new AbortController();
      const found: DeliveredCommand[] = [];
      let atOnce = 0;
      const running = side.feed.run(async (delivered) => {
        expect(++atOnce, 'the next one came before the one before was taken').toBe(1);
        found.push(delivered);
        // a feed that does not wait for its taker would deliver the next one by now
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

    test('delivers earlier and new commands in order, one at a time, until it is stopped', async () => {
      issued.push(await side.issue(), await side.issue());
      const found = await taken(3, async () => {
        issued.push(await side.issue());
      });
      expect(found.map(({ envelope }) => Buffer.from(envelope as string).toString())).toEqual(issued);
      for (const { centreTime } of found)
        expect(Math.abs((centreTime ?? Number.NaN) - Date.now())).toBeLessThan(60_000);
    });

    test('delivers every unexpired command again in each run', async () => {
      const found = await taken(issued.length);
      expect(found.map(({ envelope }) => Buffer.from(envelope as string).toString())).toEqual(issued);
    });

    test('ends with the error of its taker', async () => {
      const running = side.feed.run(() => Promise.reject(new Error('the disk is full')), new AbortController().signal);
      await expect(running).rejects.toThrow('the disk is full');
    });

    test('ends at once when it was stopped before its start', async () => {
      await side.feed.run(() => Promise.reject(new Error('a command came')), AbortSignal.abort());
    });

    test('fails with a reason when no server answers', async () => {
      const running = side.lost?.run(async () => undefined, new AbortController().signal);
      if (running !== undefined)
        await expect(running).rejects.toMatchObject({ code: expect.stringMatching(/^FORPOST_SINK_/) });
    });
  });
}
