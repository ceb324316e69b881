/** Types of the console's API and stream, from their schemas, shared by server and page. No code. */

import type { CertificatesView } from '../certificates/certificate-door.ts';
import type { CredentialView } from '../devices/credential-door.ts';
import type { CameraTest } from '../rules/camera-test.ts';
import type { Edit, EditPath } from '../site/document-edit.ts';
import type { ChangeInWords, Revision } from '../site/revision.ts';
import type { CameraScene } from '../site/scene-edit.ts';
import type { Fields } from '../site/values.ts';
import type { MachineView } from './machine-route.ts';
import type { DeviceMessageView } from './message-routes.ts';
import type { RestoreState } from './restore-desk.ts';
import type { ActionForms, SiteAction, Tried } from './schemas/actions.ts';
import type { EarlierAlarmsView, EarlierAlarmView } from './schemas/alarms.ts';
import type { BridgesAnswer } from './schemas/bridges.ts';
import type { AskView, FoundView, OfferedView, StreamTestView } from './schemas/camera-set-up.ts';
import type { CameraRule, CameraSceneView } from './schemas/cameras.ts';
import type { CentreAnswer, TriedLink } from './schemas/centre.ts';
import type { DeadLetterView } from './schemas/clients.ts';
import type { AcceptedView, JudgementView, KnockerView, PairingView, ReplacedView } from './schemas/pairing.ts';
import type { CheckedDraft, Completions, FormFieldView, RehearsalView, RuleForms } from './schemas/rules.ts';
import type { ConsoleStatus, SiteRule, Summary } from './schemas/status.ts';
import type { ActiveAlarm, AlertNotice, RefusedView, SceneNotice } from './source.ts';

export type {
  AcceptedView,
  ActionForms,
  ActiveAlarm,
  AlertNotice,
  AskView,
  CameraRule,
  CameraScene,
  CameraSceneView,
  CameraTest,
  CentreAnswer,
  CertificatesView,
  ChangeInWords,
  CheckedDraft,
  Completions,
  ConsoleStatus,
  CredentialView,
  DeadLetterView,
  DeviceMessageView,
  EarlierAlarmsView,
  EarlierAlarmView,
  Edit,
  EditPath,
  Fields,
  FormFieldView,
  FoundView,
  JudgementView,
  KnockerView,
  MachineView,
  OfferedView,
  PairingView,
  RefusedView,
  RehearsalView,
  ReplacedView,
  RestoreState,
  Revision,
  RuleForms,
  SceneNotice,
  SiteAction,
  SiteRule,
  StreamTestView,
  Summary,
  Tried,
  TriedLink,
};

/** A bridge with the devices behind it, and those that it has found. */
export type BridgeView = BridgesAnswer['bridges'][number];
export type FoundDeviceView = BridgeView['found'][number];

/** The stream's events by name. */
export interface StreamEvents {
  readonly status: ConsoleStatus;
  readonly alert: AlertNotice;
  readonly scene: SceneNotice;
  /** the pairing window, at the beginning and at each change */
  readonly pairing: PairingView;
  /** every few seconds, by the gateway's clock, so that a page can tell a quiet site from a dead connection */
  readonly tick: { readonly at: string };
}
