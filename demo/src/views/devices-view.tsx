import type { JSX } from 'preact';
import { useEffect, useMemo, useState } from 'preact/hooks';
import { roomCode } from '../boards/board-id.ts';
import { DeveloperCard } from '../components/developer-card.tsx';
import { DeviceList } from '../components/device-list.tsx';
import { Icon } from '../components/icon.tsx';
import { PoolPicture } from '../components/pool-picture.tsx';
import { PoolStatusCard } from '../components/pool-status-card.tsx';
import { useOpenSession } from '../device/session-context.ts';
import { DoctorCard } from '../doctor/doctor-card.tsx';
import { knownDevices } from '../pool/known-devices.ts';
import { boardHash } from '../route.ts';
import { useBoard } from '../use-board.ts';
import { useObservable } from '../use-observable.ts';
import { NotHere } from './not-here.tsx';

const NO_CODES: readonly string[] = [];

export function DevicesView({ id }: { readonly id: string }): JSX.Element {
  const { device } = useOpenSession();
  const { board, opened, arranged, hand, status } = useBoard(id);
  const codes = useObservable(opened?.codes$, NO_CODES);
  const [code, setCode] = useState<string>();
  const title = arranged?.title ?? board?.title ?? '';
  useEffect(() => {
    document.title = `Devices of ${title} · Boards`;
  }, [title]);
  useEffect(() => {
    if (board) roomCode(board).then(setCode, reportError);
  }, [board?.topic]);
  const devices = useMemo(() => knownDevices(status, arranged, device.writer), [status, arranged]);
  if (board === null) return <NotHere />;
  return (
    <main class="page narrow">
      <header class="top">
        <a class="icon-button" href={boardHash(id)} aria-label={`Back to ${title}`}>
          <Icon name="back" />
        </a>
        <h1>Devices of {title}</h1>
      </header>
      <PoolStatusCard id={id} opened={opened} status={status}>
        {devices.length > 0 && <PoolPicture own={`${device.name}`} devices={devices} />}
      </PoolStatusCard>
      <DeviceList devices={devices} seen={board?.seen} />
      {code !== undefined && (
        <section class="card form">
          <h2>Code of this board</h2>
          <p class="room-code">{code}</p>
          <p class="fine">The same on all devices of the board. If they do not find each other, compare it.</p>
        </section>
      )}
      {board !== undefined && <DoctorCard board={board} status={status} codes={codes} />}
      {arranged !== undefined && hand !== undefined && (
        <DeveloperCard hand={hand} arranged={arranged} pool={opened?.pool} />
      )}
    </main>
  );
}
