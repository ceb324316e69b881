import { expect, test, vi } from 'vitest';
import { guarded, section } from './parts.ts';

test('a section whose drawing fails shows an error in its own place', () => {
  const silent = vi.spyOn(console, 'error').mockImplementation(() => undefined);
  const drawn = section('devices', 'Devices', '', 'all of them');
  expect(guarded('devices', 'Devices', () => drawn)).toBe(drawn);
  const failed = guarded('devices', 'Devices', () => {
    throw new RangeError('Invalid time value');
  });
  expect(JSON.stringify(failed.values)).toMatch(/"devices".*"Devices".*Invalid time value/);
  expect(silent).toHaveBeenCalledOnce();
  silent.mockRestore();
});
