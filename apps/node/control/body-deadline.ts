import type { FastifyInstance } from 'fastify';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The body of this route has no end; whoever handles it watches over it. */
    endless?: boolean;
  }
}

/**
 * Cuts off who has not sent a whole request after `ms` milliseconds. The server's own deadline knows no exceptions, and the
 * body of a live stream never ends.
 */
export function addBodyDeadline(app: FastifyInstance, ms: number): void {
  app.addHook('onRequest', (request, _reply, next) => {
    if (request.routeOptions.config.endless !== true) {
      const timer = setTimeout(() => {
        if (request.raw.complete) return;
        request.raw.socket.write('HTTP/1.1 408 Request Timeout\r\nConnection: close\r\n\r\n');
        request.raw.socket.destroySoon();
      }, ms).unref();
      request.raw.once('close', () => clearTimeout(timer));
    }
    next();
  });
}
