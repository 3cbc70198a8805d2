import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { listTitle, rememberList, START_HASH } from '../route.ts';
import { useList } from '../use-list.ts';
import { CopyLink } from './copy-link.tsx';
import { Icon } from './icon.tsx';
import { ItemList } from './item-list.tsx';
import { ProblemNote } from './problem-note.tsx';
import { SyncPanel } from './sync-panel.tsx';

export function ListPage({ name }: { readonly name: string }): JSX.Element {
  const [paused, setPaused] = useState(false);
  const [attempt, setAttempt] = useState(0);
  const { db, pool, closedBy, problem } = useList(name, paused, attempt);
  const title = listTitle(name);
  useEffect(() => {
    document.title = `${title} · Shared lists`;
    rememberList(name);
  }, [name, title]);

  return (
    <div class="page">
      <header class="top">
        <a class="icon-button" href={START_HASH} aria-label="All lists" title="All lists">
          <Icon name="back" />
        </a>
        <h1>{title}</h1>
        <CopyLink />
      </header>
      {closedBy === undefined ? (
        <>
          <SyncPanel
            pool={pool}
            problem={problem}
            paused={paused}
            onAction={(action) => {
              if (action === 'retry') setAttempt(attempt + 1);
              else setPaused(action === 'pause');
            }}
          />
          <main>{db !== undefined && <ItemList db={db} pool={pool} />}</main>
        </>
      ) : (
        <main class="closed">
          <h2>This list cannot be opened here</h2>
          <ProblemNote problem={closedBy} />
        </main>
      )}
    </div>
  );
}
