import type { JSX } from 'preact';
import type { PeerSnapshot } from 'rxdb-p2p';
import { peerMood, routePhrase } from '../pool/phrases.ts';

/** A device of the board, here or not. */
export interface KnownDevice {
  readonly replica: string;
  readonly name: string;
  /** undefined: it is not here */
  readonly peer: PeerSnapshot | undefined;
}

interface Props {
  readonly own: string;
  readonly devices: readonly KnownDevice[];
}

/** The drawing's units; it scales. */
const WIDTH = 420;
/** Of devices side by side, and of more, which stand around this one. */
const [LOW, HIGH] = [96, 260];
const RADIUS = { x: 150, y: 84 };

/** Where the first of so many devices is drawn, radians: few of them stand side by side, as names are wide. */
const FIRST_ANGLES: Readonly<Record<number, number>> = { 3: Math.PI / 6, 4: Math.PI / 4, 6: Math.PI / 6 };

/** Longest name that fits beside its neighbours, characters. */
const NAME_CHARACTERS = 16;

/** This device, the others around it, and a line for each connection, which moves while notes travel on it. */
export function PoolPicture({ own, devices }: Props): JSX.Element {
  const height = devices.length <= 2 ? LOW : HIGH;
  const centre = { x: WIDTH / 2, y: height / 2 - 6 };
  const places = devices.map((device, index) => {
    const angle = (index / devices.length) * 2 * Math.PI + (FIRST_ANGLES[devices.length] ?? 0);
    return { ...device, x: centre.x + RADIUS.x * Math.cos(angle), y: centre.y + RADIUS.y * Math.sin(angle) };
  });
  const connected = devices.filter(({ peer }) => peer !== undefined);
  const label = `${own}, connected with ${connected.length === 0 ? 'nobody' : connected.map(({ name }) => name).join(', ')}`;
  return (
    <svg class="picture" viewBox={`0 0 ${WIDTH} ${height}`} role="img" aria-label={label}>
      {places.map(({ replica, peer, x, y }) =>
        peer === undefined ? null : (
          <g key={replica} class={`line ${peerMood(peer)} ${isBusy(peer) ? 'travelling' : ''} ${peer.route ?? ''}`}>
            <line x1={centre.x} y1={centre.y} x2={x} y2={y} />
            <text x={(centre.x + x) / 2} y={(centre.y + y) / 2 - 6}>
              {routePhrase(peer)}
            </text>
          </g>
        ),
      )}
      {places.map(({ replica, name, peer, x, y }) => (
        <Device key={replica} x={x} y={y} name={name} mood={peer === undefined ? 'away' : peerMood(peer)} />
      ))}
      <Device x={centre.x} y={centre.y} name={own} mood="own" />
    </svg>
  );
}

function isBusy({ documentsToReceive, documentsToSend }: PeerSnapshot): boolean {
  return documentsToReceive > 0 || documentsToSend > 0;
}

interface DeviceProps {
  readonly x: number;
  readonly y: number;
  readonly name: string;
  readonly mood: string;
}

function Device({ x, y, name, mood }: DeviceProps): JSX.Element {
  const short = name.length > NAME_CHARACTERS ? `${name.slice(0, NAME_CHARACTERS - 1)}…` : name;
  return (
    <g class={`device ${mood}`}>
      <circle cx={x} cy={y} r={15} />
      <text x={x} y={y + 33}>
        {short}
      </text>
    </g>
  );
}
