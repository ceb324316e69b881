import { asId } from '@forpost/shared/event/ids.ts';
import { expect, test } from 'vitest';
import { startApi } from '../testing/api.ts';
import { exampleStatus } from '../testing/examples.ts';

test('staff take a gateway out of service and back, and every page can see it', async () => {
  const { app, cookie, gateways, get } = await startApi();
  gateways.applyStatus(exampleStatus());
  const set = (inService: unknown, id = 'gw-1') =>
    app.inject({
      method: 'POST',
      url: `/api/v1/gateways/${id}/service`,
      headers: { cookie },
      payload: { in_service: inService },
    });
  const shown = async () => (await get('/api/v1/gateways')).json().gateways[0].in_service;
  expect(await shown()).toBe(true);
  expect((await set(false)).json()).toEqual({ gateway: 'gw-1', in_service: false });
  expect(await shown()).toBe(false);
  expect((await set(true)).statusCode).toBe(200);
  expect(await shown()).toBe(true);
  expect([(await set(false, 'nobody')).statusCode, (await set('no')).statusCode]).toEqual([404, 400]);
});

test('the API shows that a gateway was restored on another box, and that the replaced box still sends', async () => {
  const { get, gateways, takeovers } = await startApi();
  const restored = { at: '2026-11-30T10:00:00.000Z', backup: '2026-11-29T03:00:00.000Z', epoch: asId<'epoch'>('e1') };
  const status = exampleStatus({ instance: 'new', restored });
  gateways.applyStatus(status);
  takeovers.noteStatus(status, 1000);
  const shown = async () => (await get('/api/v1/gateways')).json().gateways[0].restored;
  expect(await shown()).toEqual({ at: '1970-01-01T00:00:01.000Z', backup: restored.backup });
  takeovers.superseded({ gateway: status.gateway, instance: undefined, at: 2000 });
  expect(await shown()).toMatchObject({ old_box: { last: '1970-01-01T00:00:02.000Z', refused: 1 } });
});
