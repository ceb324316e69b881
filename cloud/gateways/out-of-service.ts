/**
 * The gateways that staff have taken out of service, for maintenance or for good. The centre raises nothing about them.
 * Each is a record of the registry, so every centre knows it, also after a restart.
 */
import { ForpostError } from '@forpost/shared/errors.ts';
import { words } from '@forpost/shared/texts/english.ts';
import Type from 'typebox';
import { Compile } from 'typebox/compile';
import type { Registry } from '../registry/registry.ts';

export const gatewayServiceKind = 'gateway-service';

const isService = Compile(Type.Object({ out: Type.Boolean() }));
const mostTries = 5;

export class GatewayService {
  readonly #registry: Pick<Registry, 'get' | 'put'>;

  constructor(registry: Pick<Registry, 'get' | 'put'>) {
    this.#registry = registry;
  }

  isOut(gateway: string): boolean {
    const data = this.#registry.get(gatewayServiceKind, gateway)?.data;
    return isService.Check(data) && data.out;
  }

  /** `by`: a log-in name. @throws ForpostError, to be tried again */
  async set(gateway: string, out: boolean, by: string): Promise<void> {
    for (let tries = 0; tries < mostTries; tries++) {
      if (this.isOut(gateway) === out) return;
      const seen = this.#registry.get(gatewayServiceKind, gateway)?.revision ?? 0;
      const write = { kind: gatewayServiceKind, id: gateway, author: by, data: { out }, seen };
      if (await this.#registry.put(write)) return;
    }
    throw new ForpostError('FORPOST_CHANGED_MEANWHILE', words('centre/reason.others-change-gateway', { gateway }));
  }
}
