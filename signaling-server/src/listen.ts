/** Starts to listen, or says in words why that cannot be. */
import type { Server as HttpServer } from 'node:http';
import type { Server as HttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { P2PError } from '@rxdb-p2p/protocol/signaling';

/** @throws P2PError PORT_IN_USE, PORT_NOT_ALLOWED, HOST_NOT_AVAILABLE, LISTEN_FAILED */
export function listen(http: HttpServer | HttpsServer, port: number, host: string | undefined): Promise<AddressInfo> {
  return new Promise((resolve, reject) => {
    const fail = (cause: Error): void => reject(listenError(cause, port, host));
    http.once('error', fail);
    http.listen({ port, host }, () => {
      http.off('error', fail);
      resolve(http.address() as AddressInfo);
    });
  });
}

function listenError(cause: Error, port: number, host: string | undefined): P2PError {
  const where = host === undefined ? `port ${port}` : `port ${port} of ${JSON.stringify(host)}`;
  switch ('code' in cause ? cause.code : undefined) {
    case 'EADDRINUSE':
      return new P2PError('PORT_IN_USE', `${where} is taken by another program`, {
        hint: 'stop it, choose another port, or choose 0 for any free one',
        cause,
      });
    case 'EACCES':
      return new P2PError('PORT_NOT_ALLOWED', `this user may not listen on ${where}`, {
        hint: 'choose a port above 1023, and put a proxy before it',
        cause,
      });
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return new P2PError('HOST_NOT_AVAILABLE', `this machine has no such address: ${JSON.stringify(host)}`, {
        hint: 'name an address of this machine, or none to listen on all',
        cause,
      });
    default:
      return new P2PError('LISTEN_FAILED', `cannot listen on ${where}`, { got: cause.message, cause });
  }
}
