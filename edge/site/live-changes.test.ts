/**
 * Random documents, taken one after the other by a running registry of devices, running rules and running actions: they end
 * as after a restart with the last document, alarms and what actions have set off included.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FakeClock, type Uptime, type WallTime } from '@forpost/shared/clock.ts';
import type { DeviceId } from '@forpost/shared/event/ids.ts';
import { silentLogger } from '@forpost/shared/logging.ts';
import { makeCredential } from '@forpost/shared/made-credential.ts';
import fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';
import { stringify } from 'yaml';
import type { Alert } from '../alerts/action.ts';
import { SiteActions } from '../alerts/site-actions.ts';
import { mayPublish, maySubscribe } from '../broker/access.ts';
import { loadSite } from '../config/load-site.ts';
import { DeviceRegistry } from '../devices/registry.ts';
import { type RestoredAlarm, RuleEngine } from '../rules/engine.ts';
import type { AlarmTransition, Observation } from '../rules/rule.ts';
import { trackOf } from '../rules/testing/rules.ts';
import type { LoadedDocument } from './change.ts';
import { siteDevices } from './site-devices.ts';
import {
  behindIds,
  bridgeIds,
  deviceIds,
  type Event,
  event,
  fitting,
  site,
  users,
} from './testing/random-documents.ts';

/** longer than every hold time, silence and clearing of the random rules, one of them after the other */
const settledMs = 1_000_000;
const noon = Date.UTC(2026, 0, 14, 11);

/** Devices, rules and alarms of one gateway, with its cameras. */
class Running {
  readonly registry: DeviceRegistry;
  readonly engine: RuleEngine;
  readonly alarms: Map<string, RestoredAlarm>;
  readonly actions: SiteActions;
  /** what the actions have published since it was last asked for */
  published: string[] = [];
  /** how often they published */
  acts = 0;
  /** who stands in the zone of each camera */
  readonly inside: Set<string>;
  /** bridges that cannot be reached */
  readonly away: Set<string>;
  /** the newest power of each device, which it keeps sending */
  readonly powers: Map<string, number>;
  loaded: LoadedDocument;
  uptime: number;

  constructor(loaded: LoadedDocument, before?: Running) {
    this.loaded = loaded;
    this.uptime = before?.uptime ?? 1_000;
    this.alarms = new Map(before?.alarms);
    this.inside = new Set(before?.inside);
    this.powers = new Map(before?.powers);
    this.away = new Set(before?.away);
    this.registry = new DeviceRegistry({ ...loaded, clock: new FakeClock() });
    const actives = [...this.alarms.values()];
    const reaches = (bridge: string) => !this.away.has(bridge);
    this.engine = new RuleEngine({ site: loaded.site, actives, uptime: this.uptime as Uptime, reaches });
    const publisher = {
      publish: (topic: string, payload: string) => {
        this.acts++;
        this.published.push(`${topic} ${payload}`);
      },
    };
    this.actions = new SiteActions({ publisher, logger: silentLogger() }, actionsOf(loaded));
    for (const alarm of actives) this.actions.restore(alertOf(alarm, true));
  }

  get now(): WallTime {
    return (noon + this.uptime) as WallTime;
  }

  change(loaded: LoadedDocument): void {
    const { cameras } = loaded.site;
    const urls = new Map(this.loaded.site.cameras.map(({ id, url }) => [id as string, url]));
    const view = (camera: string) => ({ live: urls.has(camera), tracks: this.inside.has(camera) ? [trackOf(1)] : [] });
    const restarted = cameras.filter(({ id, url }) => urls.get(id) !== url);
    this.engine.check(loaded.site, this.uptime as Uptime);
    const prepared = this.registry.prepare(loaded);
    const preparedActions = this.actions.prepare(actionsOf(loaded));
    const actives = [...this.alarms.values()];
    this.#apply(this.engine.update(loaded.site, actives, this.uptime as Uptime, this.now, view));
    preparedActions();
    prepared.commit();
    this.loaded = loaded;
    for (const { id } of restarted) this.restartCamera(id);
    for (const id of this.inside) if (!cameras.some((one) => one.id === id)) this.inside.delete(id);
  }

  /** The camera's stream is lost, and comes back. */
  restartCamera(camera: string): void {
    const at = { device: camera as DeviceId, time: this.now, received: this.now };
    for (const live of [false, true]) {
      this.#observe({ kind: live ? 'scene-live' : 'scene-lost', ...at });
      this.#observe({ kind: 'tamper', tamper: 'stalled', active: !live, reason: '', ...at });
    }
    this.#scene(camera, this.inside.has(camera) ? 'entered' : undefined);
  }

  take({ device: id, power, camera: seen, inside, bridge, reachable = true, waitMs = 0 }: Event): void {
    const known = siteDevices(this.loaded.site).find((one) => one.id === id);
    if (id !== undefined && known !== undefined && !this.away.has(known.bridge ?? '')) {
      this.powers.set(id, power ?? 0);
      this.#observe({
        kind: 'reading',
        device: id as DeviceId,
        time: this.now,
        received: this.now,
        values: { power_w: power ?? 0 },
      });
      if (known.bridge !== undefined) this.#hello(known.bridge);
    }
    if (bridge !== undefined) this.#reach(bridge, reachable);
    if (seen !== undefined && this.loaded.site.cameras.some((one) => one.id === seen)) {
      const was = this.inside.has(seen);
      if (inside) this.inside.add(seen);
      else this.inside.delete(seen);
      this.#scene(seen, inside === was ? undefined : inside ? 'entered' : 'left');
    }
    this.wait(waitMs);
  }

  /** Lets time pass; cameras send a frame now and then, rules wake when they are due. */
  wait(ms: number): void {
    const until = this.uptime + ms;
    while (this.uptime < until) {
      this.uptime = Math.min(until, this.uptime + 10_000);
      for (const { id } of this.loaded.site.cameras) this.#scene(id);
      for (let due = this.engine.nextWake(); due !== undefined && due <= this.uptime; due = this.engine.nextWake())
        this.#apply(this.engine.wake(this.now, this.uptime as Uptime));
    }
  }

  /** A message without a reading: the device is alive. */
  #hello(device: DeviceId): void {
    this.#observe({ kind: 'message', device, time: this.now, received: this.now });
  }

  #reach(bridge: string, reachable: boolean): void {
    if (reachable === !this.away.has(bridge)) return;
    if (reachable) this.away.delete(bridge);
    else this.away.add(bridge);
    this.#observe({ kind: 'reach', device: bridge as DeviceId, time: this.now, received: this.now, reachable });
  }

  /** Every device that can be reached sends something. */
  hello(): void {
    for (const { id, bridge } of siteDevices(this.loaded.site))
      if (!this.away.has(bridge ?? '') && !this.away.has(id)) this.#hello(id);
  }

  #scene(camera: string, change?: 'entered' | 'left'): void {
    const at = { device: camera as DeviceId, time: this.now, received: this.now };
    const track = trackOf(1);
    if (change !== undefined)
      this.#observe({ kind: 'scene', change: { change, zone: 'drive', track, at: this.uptime as Uptime }, ...at });
    this.#observe({ kind: 'frame', tracks: this.inside.has(camera) ? [track] : [], ...at });
  }

  #observe(observation: Observation): void {
    this.#apply(this.engine.observe(observation, this.uptime as Uptime, this.now));
  }

  #apply(transitions: readonly AlarmTransition[]): void {
    for (const one of transitions) {
      const key = `${one.rule}/${one.device}/${one.subject}`;
      const known = this.alarms.get(key);
      if (one.change === 'cleared') {
        this.alarms.delete(key);
        // an alarm keeps the level with which it was raised
        if (known !== undefined) this.actions.perform(alertOf(known, false));
      } else if (known === undefined) {
        this.alarms.set(key, one);
        this.actions.perform(alertOf(one, true));
      }
    }
  }

  /** What the actions did since the last call: it shows which of them are on. */
  done(): readonly string[] {
    return this.published.splice(0).sort();
  }

  /** The state that people and devices see. */
  state(): object {
    const topics = [
      'cmnd/meter/POWER',
      'forpost/devices/meter/readings',
      'forpost/devices/hub/readings',
      'tele/oven/SENSOR',
      'forpost/alerts/x',
    ];
    const rights = users.map((user) => {
      const principal = this.registry.principal(user);
      return principal && topics.map((topic) => [mayPublish(principal, topic), maySubscribe(principal, topic)]);
    });
    const payload = Buffer.from('{"values":{"power_w":3}}');
    const read = [...deviceIds, ...bridgeIds].map((id) =>
      this.registry.decode(id, `forpost/devices/${id}/readings`, payload, noon),
    );
    const owners = bridgeIds.map((id) => {
      const named = Buffer.from('[{"device":"one","values":{"a":1}},{"device":"two","values":{"a":1}}]');
      return this.registry.decode(id, `forpost/devices/${id}/readings`, named, noon).bridged?.owners;
    });
    return {
      owners: JSON.stringify(owners),
      alarms: [...this.alarms.keys()].sort(),
      rights,
      read: JSON.stringify(read),
    };
  }
}

/** What happens to every gateway in the end: each device sends much and little, and everybody comes and goes. */
const ending: readonly Event[] = [
  ...bridgeIds.map((id) => ({ bridge: id, reachable: true })),
  ...[...deviceIds, ...behindIds].map((id) => ({ device: id, power: 250 })),
  ...['yard', 'gate'].map((id) => ({ camera: id, inside: true })),
];
/** Then each device sends little, and everybody goes. */
const quiet: readonly Event[] = [
  ...deviceIds.map((id) => ({ device: id, power: 50 })),
  ...['yard', 'gate'].map((id) => ({ camera: id, inside: false })),
];

function actionsOf({ site: { actions = [] } }: LoadedDocument) {
  return { actions, secrets: {} };
}

/** The change of an alarm as actions get it. */
function alertOf({ rule, device, subject, severity }: RestoredAlarm, active: boolean): Alert {
  const data = { alarm: `${rule}/${device}/${subject}`, rule, device, severity, active, test: false };
  return { data: { ...data, change: active ? 'raised' : 'cleared' } as never, time: 0, received: 0, uptime: 0 };
}

test('after any changes of the document a running gateway is as one that was restarted with the last one', () => {
  const folder = mkdtempSync(join(tmpdir(), 'forpost-changes-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const [file, secrets] = [join(folder, 'site.yaml'), join(folder, 'secrets.yaml')];
  const { hash } = makeCredential();
  writeFileSync(secrets, stringify({ mqtt: Object.fromEntries(users.map((id) => [id, hash])), console: {} }));
  const load = (document: object) => {
    try {
      return loadSite(file, secrets, stringify(fitting(document as never)));
    } catch {
      return undefined;
    }
  };
  let taken = 0;
  let acted = 0;
  const steps = fc.array(fc.oneof(site, event), { minLength: 4, maxLength: 16 });
  fc.assert(
    fc.property(steps, (all) => {
      const first = load({ site: { id: 'home', timezone: 'UTC' }, devices: [{ id: 'meter', decoder: 'native' }] });
      const live = new Running(first as LoadedDocument);
      for (const step of all) {
        if (!('devices' in step)) {
          live.take(step);
          continue;
        }
        const loaded = load(step);
        if (loaded === undefined) continue;
        live.change(loaded);
        taken++;
        // each active alarm has its rule: a restart would clear none at once
        const again = new Running(loaded, live);
        expect(again.engine.nextWake() === 0).toBe(false);
      }
      const restarted = new Running(live.loaded, live);
      for (const { id } of restarted.loaded.site.cameras) restarted.restartCamera(id);
      // a restart forgets hold times: every device sends its newest value once more
      const repeated = [...live.powers].map(([device, power]) => ({ device, power }));
      for (const gateway of [live, restarted]) {
        for (const step of repeated) gateway.take(step);
        gateway.hello();
      }
      for (const gateway of [live, restarted]) gateway.wait(settledMs);
      expect(live.state()).toEqual(restarted.state());
      for (const steps of [ending, quiet]) {
        for (const gateway of [live, restarted]) gateway.done();
        for (const gateway of [live, restarted]) for (const step of steps) gateway.take(step);
        for (const gateway of [live, restarted]) gateway.wait(250_000);
        expect(live.state()).toEqual(restarted.state());
        expect(live.done()).toEqual(restarted.done());
      }
      acted += live.acts;
    }),
    { numRuns: 30 },
  );
  expect(taken).toBeGreaterThan(10);
  expect(acted).toBeGreaterThan(0);
});
