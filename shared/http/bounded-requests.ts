/**
 * Bounds unhandled errors in an HTTP server to the request in which they arose (bounded-work.ts): the error closes that
 * request's connection and is logged with the request; the process goes on.
 *
 * Always: errors of handlers become problem documents (problem.ts); an error that arrives here is a defect. A server that
 * cannot accept a connection, because the process has no file descriptors left, logs that and goes on.
 */
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { type BoundedWork, within } from '../bounded-work.ts';
import type { Logger } from '../logging.ts';

export function boundRequests(app: FastifyInstance, logger: Pick<Logger, 'error'>): void {
  const works = new WeakMap<FastifyRequest, BoundedWork>();
  app.addHook('onRequest', (request, _reply, done) => {
    const failed = (error: unknown) => {
      const { method, ip } = request;
      // log the route and not the address, which may contain a secret
      const route = request.routeOptions.url;
      logger.error({ method, route, ip, err: error }, 'an error that nobody handled, in a request: connection closed');
      request.raw.socket.destroy();
    };
    const work = { failed };
    works.set(request, work);
    within(work, done);
  });
  // the body arrives in the connection's own events, outside of any request's work
  app.addHook('preValidation', (request, _reply, done) => {
    const work = works.get(request);
    if (work === undefined) done();
    else within(work, done);
  });
  app.server.on('error', (error) => logger.error({ err: error }, 'the HTTP server could not take a connection in'));
}
