/** For tests of alarms: alarms on a fake clock, an action that records its alerts, and the transitions that rules report. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FakeClock } from '@forpost/shared/clock.ts';
import { silentLogger } from '@forpost/shared/logging.ts';
import { onTestFinished } from 'vitest';
import type { AlarmTransition } from '../../rules/rule.ts';
import type { Action, Alert } from '../action.ts';
import { Alarms } from '../alarms.ts';

export const noon = Date.UTC(2026, 0, 14, 11);

export function transition(change: AlarmTransition['change'], more: object = {}): AlarmTransition {
  return {
    rule: 'overload',
    device: 'heat-pump',
    subject: '',
    change,
    severity: 'critical',
    category: 'grid',
    test: false,
    message: `it is ${change}`,
    cause: 'power_w',
    value: 7900,
    time: noon - 5,
    ...more,
  } as AlarmTransition;
}

/** An action that records the alerts that it gets. */
export class RecordingAction implements Action {
  readonly name = 'recording';
  readonly alerts: Alert[] = [];
  readonly restored: Alert[] = [];
  perform(alert: Alert): void {
    this.alerts.push(alert);
  }
  restore(alert: Alert): void {
    this.restored.push(alert);
  }
  async stop(): Promise<void> {}
}

/** A folder that is removed after the test. */
export function folder(): string {
  const made = mkdtempSync(join(tmpdir(), 'forpost-alarms-'));
  onTestFinished(() => rmSync(made, { recursive: true }));
  return made;
}

export function alarmsOf(options: { actions?: Action[]; file?: string; random?: () => number } = {}) {
  const clock = new FakeClock(noon, 1000);
  const action = new RecordingAction();
  const actions = options.actions ?? [action];
  const file = options.file === undefined ? {} : { file: options.file };
  const alarms = new Alarms({ actions, clock, random: options.random ?? (() => 0.5), log: silentLogger(), ...file });
  return { alarms, clock, action, receipt: { received: noon, uptime: clock.uptime() } };
}

/** Applies transitions, and confirms their alerts as stored, as the outbox does. */
export function applied(
  { alarms, receipt }: Pick<ReturnType<typeof alarmsOf>, 'alarms' | 'receipt'>,
  transitions: readonly AlarmTransition[],
): readonly Alert[] {
  const alerts = alarms.apply(transitions, receipt);
  for (const alert of alerts) alarms.stored(alert);
  return alerts;
}
