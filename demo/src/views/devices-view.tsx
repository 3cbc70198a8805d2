import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { roomCode } from '../boards/board-id.ts';
import { Icon } from '../components/icon.tsx';
import { PoolCard } from '../components/pool-card.tsx';
import { boardHash } from '../route.ts';
import { useBoard } from '../use-board.ts';

export function DevicesView({ id }: { readonly id: string }): JSX.Element {
  const { board, opened, arranged, status } = useBoard(id);
  const title = arranged?.title ?? board?.title ?? '';
  useEffect(() => {
    document.title = `Devices of ${title} · Boards`;
  }, [title]);
  const [code, setCode] = useState<string>();
  useEffect(() => {
    if (board) roomCode(board).then(setCode, reportError);
  }, [board?.topic]);
  return (
    <main class="page narrow">
      <header class="top">
        <a class="icon-button" href={boardHash(id)} aria-label={`Back to ${title}`}>
          <Icon name="back" />
        </a>
        <h1>Devices of {title}</h1>
      </header>
      <PoolCard id={id} opened={opened} status={status} arranged={arranged} />
      {code !== undefined && (
        <section class="card form">
          <h2>Code of this board</h2>
          <p class="room-code">{code}</p>
          <p class="fine">If devices do not find each other, compare: it has to be the same on both.</p>
        </section>
      )}
    </main>
  );
}
