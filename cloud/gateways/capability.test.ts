import { expect, test } from 'vitest';
import { startApi } from '../testing/api.ts';
import { exampleStatus } from '../testing/examples.ts';

test('staff take a gateway out of service and back, and every page can see it', async () => {
  const { app, cookie, gateways, get } = await startApi();
  gateways.take(exampleStatus());
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
