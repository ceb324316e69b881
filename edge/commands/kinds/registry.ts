/** Every kind of command, by its name. A new one is one file here and one line below. */
import type { CommandKind } from '../command-kind.ts';
import { acknowledge } from './acknowledge.ts';
import { evidence } from './evidence.ts';
import { ping } from './ping.ts';
import { siteApply } from './site-apply.ts';
import { status } from './status.ts';

export const commandKinds: readonly CommandKind[] = [acknowledge, status, ping, evidence, siteApply];
