/** What a library adds to an application: minified and compressed, beyond what the application has anyway. */
import { gzipSync } from 'node:zlib';
import { build } from 'vite';

export interface BundleWeight {
  /** bytes, gzip: loaded with the application */
  readonly atStart: number;
  /** and all that is loaded later, by `import()`, should it be needed */
  readonly inAll: number;
  /** the same without the chunks that are cryptography alone, which are loaded when something has to be sealed or signed */
  readonly withoutCryptography: number;
  /** Names and bytes of the parts that are loaded later. */
  readonly parts: readonly { readonly name: string; readonly bytes: number }[];
}

const EVERYBODY_HAS = /^(rxdb(\/plugins\/(?!replication-webrtc).*)?|rxjs)$/;
const CRYPTOGRAPHY = /@noble\/|\/secrecy\//;
const ENTRY = 'virtual:entry';
const GZIP_LEVEL = 9;

/** What an application imports of this package, and of the two that it is compared with. */
export const ENTRIES: Readonly<Record<'rxdb-p2p' | 'rxdb' | 'yjs', string>> = {
  'rxdb-p2p': "export { RxDBP2PPlugin, replicateP2P, getConnectionHandlerSimplePeer } from 'rxdb-p2p';",
  rxdb: "export { replicateWebRTC, getConnectionHandlerSimplePeer } from 'rxdb/plugins/replication-webrtc';",
  yjs: "export * from 'yjs'; export * from 'y-webrtc'; export * from 'y-indexeddb';",
};

/** @param code of an application that uses nothing but the library */
export async function weigh(code: string, without: RegExp = EVERYBODY_HAS): Promise<BundleWeight> {
  const built = await build({
    root: import.meta.dirname,
    logLevel: 'error',
    configFile: false,
    plugins: [
      {
        name: 'entry',
        resolveId: (id) => (id === ENTRY ? `\0${ENTRY}` : undefined),
        load: (id) => (id === `\0${ENTRY}` ? code : undefined),
      },
    ],
    build: {
      write: false,
      modulePreload: false,
      target: 'es2022',
      rolldownOptions: { input: ENTRY, external: without, preserveEntrySignatures: 'strict' },
    },
    define: { 'process.env.NODE_ENV': '"production"' },
  });
  const chunks = (Array.isArray(built) ? built : [built])
    .flatMap((one) => ('output' in one ? one.output : []))
    .filter((output) => output.type === 'chunk');
  const byName = new Map(chunks.map((chunk) => [chunk.fileName, chunk]));
  const start = new Set<string>();
  const reach = (name: string): void => {
    const chunk = byName.get(name);
    if (chunk === undefined || start.has(name)) return;
    start.add(name);
    for (const imported of chunk.imports) reach(imported);
  };
  for (const chunk of chunks) if (chunk.isEntry) reach(chunk.fileName);
  const parts = chunks.map(({ fileName, code: text, moduleIds }) => ({
    name: fileName,
    bytes: gzipSync(text, { level: GZIP_LEVEL }).length,
    atStart: start.has(fileName),
    cryptography: moduleIds.every((id) => CRYPTOGRAPHY.test(id)),
  }));
  const sum = (some: readonly (typeof parts)[number][]): number => some.reduce((total, { bytes }) => total + bytes, 0);
  return {
    atStart: sum(parts.filter(({ atStart }) => atStart)),
    inAll: sum(parts),
    withoutCryptography: sum(parts.filter(({ atStart, cryptography }) => atStart || !cryptography)),
    parts: parts.filter(({ atStart }) => !atStart),
  };
}
