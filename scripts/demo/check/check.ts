import type { Report } from '../../report.ts';
import { createReport } from '../../report.ts';
export async function checkSite(_site: unknown, _options: unknown): Promise<Report> {
  return createReport('check');
}
