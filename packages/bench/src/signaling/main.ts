/** `npm run bench:signaling -- [--sockets 5000]`: ours with many sockets, then the others beside it with 500. */
import { parseArgs } from 'node:util';
import { formatNumber } from '../report/statistics.ts';
import { type LoadFigures, type LoadPlan, measureLoad } from './load.ts';
import type { ServerName } from './servers.ts';

const { values } = parseArgs({ options: { sockets: { type: 'string', default: '5000' } } });

const MANY: LoadPlan = {
  sockets: Number(values.sockets),
  roomSizes: [2, 20, 100, 1_000],
  signals: 5_000,
  signalsPerSecond: 500,
};
const BESIDE: LoadPlan = { sockets: 500, roomSizes: [2, 20, 100], signals: 2_000, signalsPerSecond: 500 };

function show(name: ServerName, { sockets }: LoadPlan, figures: LoadFigures): void {
  const {
    joined,
    joins,
    joinsPerSecond,
    cpuMsPerJoin,
    rooms,
    bytesToAllPerJoin,
    usedBytesPerSocket,
    rssBytesPerSocket,
  } = figures;
  const { relayed, p50Ms, p99Ms, cpuMsPerSignal } = figures;
  const sizes = rooms
    .filter(({ bytesOfLastJoin }) => !Number.isNaN(bytesOfLastJoin))
    .map(({ size, bytesOfLastJoin }) => `${formatNumber(size)}: ${formatNumber(bytesOfLastJoin)}`);
  console.log(`
${name}, ${formatNumber(sockets)} sockets
  joined                       ${formatNumber(joined)} of ${formatNumber(sockets)}, ${formatNumber(joins)} joins
  joins per second             ${formatNumber(joinsPerSecond)}; ${formatNumber(cpuMsPerJoin, 3)} ms of the server's CPU each
  bytes of the answer, by size ${sizes.join('; ')}
  bytes to all, per join       ${formatNumber(bytesToAllPerJoin)}
  memory per socket            ${formatNumber(usedBytesPerSocket / 1024, 1)} KiB in use, the process grew by ${formatNumber(rssBytesPerSocket / 1024, 1)} KiB
  relay, 1 KB                  ${formatNumber(relayed)} arrived; p50 ${formatNumber(p50Ms, 1)} ms, p99 ${formatNumber(p99Ms, 1)} ms; ${formatNumber(cpuMsPerSignal, 3)} ms CPU each`);
}

console.log(
  'Clients in this process, each server in its own; wall times are those of a machine that does other things too.',
);
show('rxdb-p2p', MANY, await measureLoad('rxdb-p2p', MANY));
for (const name of ['rxdb-p2p', 'RxDB', 'peerjs-server'] as const) show(name, BESIDE, await measureLoad(name, BESIDE));
process.exit(0);
