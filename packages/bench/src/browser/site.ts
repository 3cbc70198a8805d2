/** Serves one bundled page on a free port of the loopback interface. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Bundle, bundlePage, type PageName } from './bundle.ts';

export interface Site {
  readonly url: string;
  close(): void;
}

export async function openSite(page: PageName, minify: boolean): Promise<Site> {
  const files: Bundle = await bundlePage(page, minify);
  const server = createServer((request, response) => {
    const path = (request.url ?? '/').slice(1) || 'index.html';
    const text = files.get(path);
    // Isolated pages have finer clocks.
    response.setHeader('cross-origin-opener-policy', 'same-origin');
    response.setHeader('cross-origin-embedder-policy', 'require-corp');
    response.setHeader('content-type', path.endsWith('.html') ? 'text/html' : 'text/javascript');
    response.writeHead(text === undefined ? 404 : 200).end(text);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/`,
    close(): void {
      server.close();
      server.closeAllConnections();
    },
  };
}
