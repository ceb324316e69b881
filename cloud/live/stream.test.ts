import { request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { FakeClock } from '@forpost/shared/clock.ts';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { exampleLedger, startApi } from '../testing/api.ts';
import { allIsWell } from '../testing/centre.ts';
import { exampleAlert, exampleEvent, exampleStatus } from '../testing/examples.ts';

describe('what happens now', () => {
  /** Opens the stream over a real connection and gathers its messages. */
  async function listen(started: Awaited<ReturnType<typeof startApi>>) {
    await started.app.listen({ host: '127.0.0.1', port: 0 });
    const { port } = started.app.server.address() as AddressInfo;
    const messages: { event: string; data: Record<string, unknown> }[] = [];
    let ended = false;
    const call = request({ host: '127.0.0.1', port, path: '/api/v1/stream', headers: { cookie: started.cookie } });
    call.on('error', () => {
      ended = true;
    });
    call.on('response', (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
        const blocks = text.split('\n\n');
        text = blocks.pop() ?? '';
        for (const block of blocks) {
          const event = /^event: (.*)$/m.exec(block)?.[1];
          const data = /^data: (.*)$/m.exec(block)?.[1];
          if (event !== undefined && data !== undefined) messages.push({ event, data: JSON.parse(data) });
        }
      });
      response.on('close', () => {
        ended = true;
      });
      response.on('error', () => undefined);
    });
    call.end();
    onTestFinished(() => void call.destroy());
    const next = (event: string) =>
      vi.waitFor(() => {
        const found = messages.find((message) => message.event === event);
        if (found === undefined) throw new Error(`no ${event} yet`);
        return found.data;
      }, 10_000);
    return { messages, next, hasEnded: () => vi.waitFor(() => expect(ended).toBe(true), 5000) };
  }

  test('a page receives events, alarms, gateways and ledgers without a request', async () => {
    const clock = new FakeClock();
    const started = await startApi({ clock });
    const { next } = await listen(started);
    await next('hello');
    const now = started.clock.now();
    started.live.stored([exampleEvent({ sequence: 1, time: now }), exampleAlert(1, now, 'raised')]);
    started.gateways.applyStatus(exampleStatus());
    const known = started.gateways.get('gw-1');
    if (known !== undefined) started.live.gateway(known);
    clock.advance(5000);
    expect(await next('events')).toMatchObject({
      skipped: 0,
      events: [{ id: 'gw-1/0011223344556677/telemetry/1' }, {}],
    });
    expect(await next('alert')).toMatchObject({ alarm: 'a1', active: true, message: 'more than 5 kW' });
    expect(await next('gateway')).toMatchObject({ gateway: { gateway: 'gw-1', online: true } });
    expect(await next('tick')).toMatchObject({ now: expect.any(String) });
    expect(await next('ledger')).toEqual(exampleLedger);
    const { body } = await started.get('/metrics');
    expect(body).toContain('forpost_api_streams 1');
  });

  test('a page receives the message of a capability that the stream does not know', async () => {
    const started = await startApi();
    const { next } = await listen(started);
    await next('hello');
    started.live.message('note', { gateway: 'gw-1', text: 'in the cellar' });
    expect(await next('note')).toEqual({ gateway: 'gw-1', text: 'in the cellar' });
  });

  test('while other centres store events, the stream asks pages to request them, and once more when they stop', async () => {
    const clock = new FakeClock();
    let storesAll = true;
    const started = await startApi({ clock, storesAll: () => storesAll });
    const { messages, next } = await listen(started);
    await next('hello');
    const requests = () => messages.filter(({ event }) => event === 'elsewhere').length;
    const ticks = async (count: number) => {
      const before = messages.filter(({ event }) => event === 'tick').length;
      for (let i = 0; i < count; i++) clock.advance(4000);
      await vi.waitFor(() => expect(messages.filter(({ event }) => event === 'tick')).toHaveLength(before + count), {
        timeout: 10_000,
      });
    };
    await ticks(5);
    expect(requests()).toBe(0);
    storesAll = false;
    await ticks(6);
    expect(requests()).toBe(2);
    storesAll = true;
    await ticks(6);
    expect(requests()).toBe(3);
  });

  test('a page receives the centre’s own problems when it opens, and every user may read them', async () => {
    const consumers = [{ state: 'connecting', reason: 'connect ECONNREFUSED' }] as const;
    const started = await startApi({ centre: { ...allIsWell, consumers } });
    const { next } = await listen(started);
    await next('hello');
    expect(await next('centre')).toMatchObject({ problems: ['Kafka: connect ECONNREFUSED'] });
    expect((await started.get('/api/v1/centre')).json()).toMatchObject({ ingest: { connected: false, unread: 7 } });
  });

  test('a stream ends with its session, and the feed has no listener left', async () => {
    const started = await startApi();
    const { next, hasEnded } = await listen(started);
    await next('hello');
    expect(started.live.subscribers).toBe(1);
    await started.app.inject({ method: 'POST', url: '/api/v1/logout', headers: { cookie: started.cookie } });
    await hasEnded();
    expect(started.live.subscribers).toBe(0);
  });

  test('a server that stops does not wait for open pages', async () => {
    const started = await startApi();
    const { next, hasEnded } = await listen(started);
    await next('hello');
    await started.app.close();
    await hasEnded();
  });
});
