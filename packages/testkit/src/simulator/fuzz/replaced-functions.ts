/** Seeded bugs in the pure parts: one function of one module does something else. */
import type { Head } from '@rxdb-p2p/protocol';
import type { Callable, SeededBug } from './seeded-bug.ts';

export const replacedFunctions: readonly SeededBug[] = [
  {
    name: 'the marker does not say which version a document shows',
    replacement: {
      module: 'rxdb-p2p/src/replica/marker.ts',
      functions: ({ encodeMarker }) => ({
        encodeMarker: (marker: object) => call(encodeMarker, { ...marker, head: undefined }),
      }),
    },
  },
  {
    name: 'the time of a write is the wall clock alone',
    replacement: {
      module: 'protocol/src/merge/local-head.ts',
      functions: ({ localHead }) => ({
        localHead: (write: { readonly wallMs: number }, ...rest: readonly unknown[]) => ({
          ...(call(localHead, write, ...rest) as Head),
          time: Math.round(write.wallMs * 100),
        }),
      }),
    },
  },
  {
    name: 'of concurrent versions the latest alone is kept',
    replacement: {
      module: 'rxdb-p2p/src/replica/heads.ts',
      functions: ({ uniteHeads }) => ({
        uniteHeads: (known: readonly unknown[], more: readonly unknown[]) => {
          const united = call(uniteHeads, known, more) as readonly unknown[];
          return united.length > 1 ? united.slice(-1) : united;
        },
      }),
    },
  },
  {
    name: 'a push counts though an earlier one is missing',
    replacement: {
      module: 'rxdb-p2p/src/replica/push-ranges.ts',
      functions: () => ({
        createPushRanges: () => ({
          plan(vector: ReadonlyMap<string, number>, range: { readonly actor: string; readonly seq: number } | null) {
            const ahead = range !== null && (vector.get(range.actor) ?? 0) < range.seq;
            return { vector: ahead ? new Map(vector).set(range.actor, range.seq) : vector, waiting: [] };
          },
          keep: () => undefined,
        }),
      }),
    },
  },
  {
    name: 'a fold depends on the order in which versions came',
    replacement: {
      module: 'rxdb-p2p/src/replica/heads.ts',
      functions({ toShown }) {
        let times = 0;
        const inOrder = (heads: readonly unknown[]) => call(toShown, heads) as unknown[];
        return {
          toShown: (heads: readonly unknown[]) => (times++ % 2 === 0 ? inOrder(heads) : inOrder(heads).reverse()),
        };
      },
    },
  },
  {
    name: 'a write supersedes versions that its author did not see',
    replacement: {
      module: 'protocol/src/merge/local-head.ts',
      functions: ({ localHead }) => ({
        localHead: (write: { readonly fields: unknown }, bases: readonly object[], unseen: readonly object[] = []) =>
          call(localHead, write, [...bases, ...unseen.map((head) => ({ head, fields: write.fields }))], unseen),
      }),
    },
  },
];

/** Calls what a module is known to export. */
function call(original: Callable | undefined, ...args: readonly unknown[]): unknown {
  if (original === undefined) throw new TypeError('the module does not export it any more');
  return original(...args);
}
