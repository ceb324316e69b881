/** A gateway of the directory as the API answers it. Pure; a field that a status lacks gets a plain default. */
import { rfc3339 } from '@forpost/shared/event/codec.ts';
import type { HostStatus } from '@forpost/shared/event/status.ts';
import { inEnglish } from '@forpost/shared/texts/english.ts';
import { message } from '@forpost/shared/texts/texts.ts';
import type { KnownGateway } from './directory.ts';
import type { GatewayView } from './schemas.ts';
import type { OldBox, Takeover } from './takeovers.ts';

/** `inService`: staff have not taken it out of service. */
export function gatewayView(known: KnownGateway, inService = true): GatewayView {
  const { gateway, site, online, lastContact, status } = known;
  const lanes = status?.lanes ?? [];
  return {
    gateway,
    site,
    online,
    last_contact: lastContact === undefined ? null : rfc3339(lastContact),
    in_service: inService,
    name: status?.name ?? gateway,
    ...(status?.place === undefined ? {} : { place: status.place }),
    version: status?.version ?? '',
    at: status?.at ?? null,
    clock: status?.clock ?? null,
    revision: status?.revision ?? '',
    backlog: {
      events: lanes.reduce((sum, lane) => sum + Math.max(0, lane.assigned - lane.acknowledged), 0),
      bytes: lanes.reduce((sum, lane) => sum + lane.bytes, 0),
    },
    lanes,
    uplinks: status?.uplinks ?? [],
    cameras: status?.cameras ?? [],
    devices: status?.devices ?? [],
    ...(status?.host === undefined ? {} : { host: hostView(status.host) }),
    problems: status?.problems ?? [],
    ...problemsInAnyLanguage(status),
    ...evidenceRefusal(status),
  };
}

/** The machine that the gateway runs on, without what only its own page shows. */
function hostView({ at, model, values, findings }: HostStatus): NonNullable<GatewayView['host']> {
  return {
    at,
    values,
    ...(model === undefined ? {} : { model }),
    findings: findings.map(({ part, level, text, textI18n }) => ({
      part,
      level,
      text,
      ...(textI18n === undefined ? {} : { textI18n }),
    })),
  };
}

/** That a restored box is the gateway, and whether the one before still comes. */
export function takeoverView(
  takeover: Takeover | undefined,
  oldBox: OldBox | undefined,
): Pick<GatewayView, 'restored'> {
  if (takeover === undefined) return {};
  const old = oldBox === undefined ? {} : { old_box: { last: rfc3339(oldBox.lastAt), refused: oldBox.refused } };
  return { restored: { at: rfc3339(takeover.at), backup: takeover.backup, ...old } };
}

/** Why a gateway would refuse to send evidence, by its own status; empty where it would send it. */
function evidenceRefusal(
  status: KnownGateway['status'],
): Pick<GatewayView, 'evidence_refused' | 'evidence_refused_i18n'> {
  const refused =
    status?.commandKeys?.length === 0
      ? message('centre/refusal.no-commands')
      : status?.sendsEvidence === false
        ? message('centre/refusal.no-receiver')
        : undefined;
  return refused === undefined ? {} : { evidence_refused: inEnglish(refused), evidence_refused_i18n: refused };
}

/** The messages belong to the problems by their places: where a list was cut, no place is known. */
function problemsInAnyLanguage(status: KnownGateway['status']): Pick<GatewayView, 'problems_i18n'> {
  const { problems, problemsI18n } = status ?? {};
  return problemsI18n === undefined || problemsI18n.length !== problems?.length ? {} : { problems_i18n: problemsI18n };
}
