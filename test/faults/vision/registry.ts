/** The campaigns of `npm run faults -- --vision NAME`, one line each. They run long; their short versions are tests. */
import type { Report } from '../../../scripts/report.ts';
import type { VisionCampaignOptions } from './campaign-options.ts';

export const visionCampaigns: Readonly<Record<string, (options: VisionCampaignOptions) => Promise<Report>>> = {
  reconnects: async (options) => (await import('./reconnects.ts')).reconnects(options),
  outages: async (options) => (await import('./outages.ts')).outages(options),
  'false-alarms': async ({ runs }) => (await import('./false-alarms.ts')).falseAlarmsReport(runs),
  day: async ({ runs }) => (await import('./day.ts')).dayReport(runs),
  kill: async (options) => (await import('./kill.ts')).kill(options),
};

/** @throws RangeError where no campaign has this name */
export async function visionCampaign(name: string, options: VisionCampaignOptions): Promise<0 | 1> {
  const campaign = Object.hasOwn(visionCampaigns, name) ? visionCampaigns[name] : undefined;
  if (campaign === undefined)
    throw new RangeError(`no vision campaign "${name}"; there are: ${Object.keys(visionCampaigns).join(', ')}`);
  return (await campaign(options)).print();
}
