/** A gateway of the directory as the API answers it. Pure; a field that a status lacks gets a plain default. */
import { rfc3339 } from '@forpost/shared/event/codec.ts';
import type { KnownGateway } from './directory.ts';
import type { GatewayView } from './schemas.ts';

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
    problems: status?.problems ?? [],
    ...evidenceRefusal(status),
  };
}

/** Why a gateway would refuse to send evidence, by its own status; empty where it would send it. */
function evidenceRefusal(status: KnownGateway['status']): Pick<GatewayView, 'evidence_refused'> {
  if (status?.commandKeys?.length === 0)
    return {
      evidence_refused: 'it takes no commands: add the centre’s key to its gateway.yaml under commands: trusted_keys',
    };
  if (status?.sendsEvidence === false)
    return { evidence_refused: 'it has nowhere to send them: add a receiver to its gateway.yaml under evidence' };
  return {};
}
