import type { DeviceId } from '@forpost/shared/event/ids.ts';
import { expect, test } from 'vitest';
import type { Tamper } from '../../vision/messages.ts';
import { RuleEngine } from '../engine.ts';
import type { Observation } from '../rule.ts';
import { noon, siteWith } from '../testing/rules.ts';

const rule = { id: 'camera-tamper', kind: 'tamper', cameras: ['yard'] };

function told(tamper: Tamper, active: boolean, reason = ''): Observation {
  return { kind: 'tamper', device: 'yard' as DeviceId, time: noon, received: noon, tamper, active, reason };
}

function engine(more: object = {}, actives: ConstructorParameters<typeof RuleEngine>[0]['actives'] = []) {
  const rules = new RuleEngine({ site: siteWith({ ...rule, ...more }), actives, uptime: 0 });
  return {
    rules,
    observe: (observation: Observation, uptime: number) =>
      rules
        .observe(observation, uptime, noon)
        .map(({ change, subject, message }) => `${change} ${subject}: ${message}`),
    wake: (uptime: number) =>
      rules.wake(noon, uptime).map(({ change, subject, message }) => `${change} ${subject}: ${message}`),
  };
}

test('each kind of tampering is an alarm of its own, which clears when it is over', () => {
  const { observe } = engine();
  observe(told('stalled', false), 1_000);
  expect(observe(told('covered', true), 2_000)).toEqual(['raised covered: Yard camera is covered, or it is dark']);
  expect(observe(told('covered', true), 3_000)).toEqual([]);
  expect(observe(told('covered', false), 4_000)).toEqual(['cleared covered: Yard camera sees what it saw before']);
  expect(observe(told('moved', true), 5_000)).toEqual(['raised moved: Yard camera looks somewhere else than before']);
});

test('a camera that is back in time raises nothing, one that stays away raises an alarm with the reason', () => {
  const { rules, observe, wake } = engine();
  observe(told('stalled', false), 1_000);
  observe(told('stalled', true, 'the camera ended the stream'), 2_000);
  expect(rules.nextWake()).toBe(12_000);
  observe(told('stalled', false), 4_000);
  expect(rules.nextWake()).toBeUndefined();
  observe(told('stalled', true, 'the camera ended the stream'), 20_000);
  observe(told('stalled', true, 'nothing listens on 10.0.0.7:554'), 22_000);
  expect(wake(29_999)).toEqual([]);
  expect(wake(30_000)).toEqual(['raised stalled: Yard camera sends no pictures (nothing listens on 10.0.0.7:554)']);
  expect(observe(told('stalled', false), 50_000)).toEqual(['cleared stalled: Yard camera sends pictures again']);
});

test('a camera without a picture since the gateway’s start is stalled after a minute', () => {
  const { wake } = engine();
  expect(wake(59_000)).toEqual([]);
  expect(wake(60_000)).toEqual(['raised stalled: Yard camera sends no pictures (since the start)']);
});

test('an alarm from before a restart clears when the camera reports the end of the tampering', () => {
  const restored = {
    rule: 'camera-tamper',
    device: 'yard',
    subject: 'moved',
    severity: 'warning',
    category: 'tamper',
    test: false,
    cause: 'moved',
  } as never;
  const { observe, wake } = engine({}, [restored]);
  expect(wake(0)).toEqual([]);
  expect(observe(told('moved', true), 500)).toEqual([]);
  expect(observe(told('moved', false), 1_000)).toEqual(['cleared moved: Yard camera sees what it saw before']);
});

test('only the kinds of tampering that the rule names raise an alarm', () => {
  const { observe, wake } = engine({ tampers: ['covered'], message: '{camera}: {tamper}!' });
  expect(observe(told('moved', true), 500)).toEqual([]);
  expect(wake(60_000)).toEqual([]);
  expect(observe(told('covered', true), 1_000)).toEqual(['raised covered: Yard camera: is covered, or it is dark!']);
});
