/** The OpenAPI documents of both sides, made of their routes without a running gateway or centre. */
import { systemClock } from '@forpost/shared/clock.ts';
import { type Login, registerLogin } from '@forpost/shared/http/login.ts';
import { documentedRoutes, type OpenApiDocument, openApiDocument } from '@forpost/shared/http/openapi.ts';
import { silentLogger } from '@forpost/shared/logging.ts';
import Fastify, { type FastifyInstance } from 'fastify';
import { Capabilities } from '../../cloud/api/capability.ts';
import { type CentreServices, capabilities } from '../../cloud/capabilities.ts';
import { receiverPlugin } from '../../cloud/receiver/receiver.ts';
import { registerActionRoutes } from '../../edge/console/action-routes.ts';
import { registerBackupRoute } from '../../edge/console/backup-route.ts';
import { registerBridgeRoutes } from '../../edge/console/bridge-routes.ts';
import { registerCameraSaveRoute } from '../../edge/console/camera-save-route.ts';
import { registerCameraSetUpRoutes } from '../../edge/console/camera-set-up-routes.ts';
import { registerCentreRoutes } from '../../edge/console/centre-routes.ts';
import { registerCertificateRoutes } from '../../edge/console/certificate-routes.ts';
import { registerCredentialRoutes } from '../../edge/console/credential-routes.ts';
import { registerImportRoute } from '../../edge/console/import-routes.ts';
import { registerMachineRoute } from '../../edge/console/machine-route.ts';
import { registerMessageRoute } from '../../edge/console/message-routes.ts';
import { registerPairingRoutes } from '../../edge/console/pairing-routes.ts';
import { registerRestoreRoutes } from '../../edge/console/restore-routes.ts';
import { registerOpenRoutes, registerRoutes } from '../../edge/console/routes.ts';
import { registerRuleRoutes } from '../../edge/console/rule-routes.ts';
import { registerSiteRoutes } from '../../edge/console/site-routes.ts';
import { placeholder } from './placeholder.ts';

export function gatewayDocument(): Promise<OpenApiDocument> {
  return documentOf((app) => {
    const login = addLogin(app);
    registerOpenRoutes(app, placeholder());
    registerRoutes(app, { source: placeholder(), login, clock: systemClock, metrics: placeholder() });
    registerBackupRoute(app.withTypeProvider(), { takeBackup: placeholder(), login, gateway: '' });
    registerRestoreRoutes(app.withTypeProvider(), { desk: placeholder(), login });
    registerMessageRoute(app.withTypeProvider(), placeholder());
    registerSiteRoutes(app, { document: placeholder(), authorOf: placeholder() });
    registerMachineRoute(app.withTypeProvider(), placeholder());
    registerBridgeRoutes(app, { document: placeholder(), bridges: placeholder(), authorOf: placeholder() });
    registerCentreRoutes(app.withTypeProvider(), placeholder());
    registerPairingRoutes(app.withTypeProvider(), {
      pairing: placeholder(),
      view: placeholder(),
      authorOf: placeholder(),
    });
    registerActionRoutes(app.withTypeProvider(), placeholder(), placeholder());
    registerRuleRoutes(app.withTypeProvider(), placeholder());
    registerCameraSetUpRoutes(app.withTypeProvider(), {
      setUp: placeholder(),
      cameras: placeholder(),
      loginOf: placeholder(),
      login,
    });
    const whoOf = placeholder<Parameters<typeof registerCertificateRoutes>[1]['authorOf']>();
    registerCredentialRoutes(app.withTypeProvider(), { credentials: placeholder(), authorOf: whoOf });
    registerCertificateRoutes(app.withTypeProvider(), { certificates: placeholder(), authorOf: whoOf });
    registerImportRoute(app.withTypeProvider(), { devices: placeholder(), authorOf: whoOf });
    registerCameraSaveRoute(app, { document: placeholder(), authorOf: placeholder(), logins: placeholder() });
  });
}

export function centreDocument(): Promise<OpenApiDocument> {
  const services = new Proxy(
    { config: {}, folder: '', clock: systemClock, logger: silentLogger() } as Partial<CentreServices>,
    {
      get: (known, name) => Reflect.get(known, name) ?? placeholder(),
    },
  ) as CentreServices;
  return documentOf(async (app) => {
    const made = Capabilities.of(capabilities, services);
    await app.register(async (scope) => {
      made.addRoutes(scope, addLogin(scope));
    });
    await app.register(receiverPlugin, { ...placeholder<Parameters<typeof receiverPlugin>[1]>(), capabilities: made });
  });
}

async function documentOf(add: (app: FastifyInstance) => void | Promise<void>): Promise<OpenApiDocument> {
  const app = Fastify();
  // the generator answers no requests, so their checks do not matter
  app.setValidatorCompiler(() => () => true);
  app.setSerializerCompiler(() => () => '');
  const routes = documentedRoutes(app);
  await add(app);
  await app.ready();
  const document = await openApiDocument(routes, { title: '', description: '', cookieName: '' });
  await app.close();
  return document;
}

function addLogin(app: FastifyInstance): Login {
  return registerLogin(app, {
    realm: '',
    users: () => undefined,
    cookieName: 'session',
    secure: false,
    clock: systemClock,
  });
}
