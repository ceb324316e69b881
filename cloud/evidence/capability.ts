/**
 * Pictures and clips of alarms: people ask a gateway for one (a command), the gateway uploads it, and people view it.
 */
import { join } from 'node:path';
import type { Clock } from '@forpost/shared/clock.ts';
import type { Logger } from '@forpost/shared/logging.ts';
import type { CapabilityKind } from '../api/capability.ts';
import type { CommandDesk } from '../commands/desk.ts';
import type { OperationsLog } from '../operations/operations.ts';
import { EvidenceAudit } from './audit.ts';
import { EvidenceDepot } from './depot.ts';
import { addAskRoutes, addFileRoute } from './routes.ts';
import { addEvidenceUpload } from './upload.ts';

export interface EvidenceServices {
  /** the centre's data folder */
  readonly folder: string;
  readonly operations: OperationsLog;
  readonly desk: Pick<CommandDesk, 'assertAccepts' | 'issue'>;
  readonly clock: Clock;
  readonly logger: Logger;
}

export const evidence: CapabilityKind<EvidenceServices> = {
  name: 'evidence',
  create({ folder, operations, desk, clock, logger: whole }) {
    const logger = whole.child({ part: 'evidence' });
    const depot = new EvidenceDepot({ folder: join(folder, 'evidence'), clock, logger });
    const audit = new EvidenceAudit(operations, clock, logger);
    return {
      routes(api, caller) {
        addAskRoutes(api, caller, depot, desk);
        addFileRoute(api, caller, depot, audit);
      },
      gatewayRoutes: (app, gatewayOf) => addEvidenceUpload(app, depot, gatewayOf),
      part: depot,
    };
  },
};
