/** Why devices do not find each other, in plain words. Pure: facts in, findings out, the one to act on first. */
import type { Facts } from './facts.ts';

export interface Finding {
  /** Names the finding in reports and tests. */
  readonly id: string;
  readonly state: 'good' | 'unclear' | 'bad';
  readonly title: string;
  /** What to do, or what it means. */
  readonly text: string;
}

/** Clocks of phones and computers that set themselves differ by less, milliseconds. */
const CLOCK_TOLERANCE_MS = 60_000;

/** Codes that say that two devices run versions which do not understand each other. */
const VERSION_CODES: ReadonlySet<string> = new Set([
  ...['VERSION_UNSUPPORTED', 'SCHEMA_DIFFERS', 'SCHEMA_VERSION_DIFFERS', 'MERGE_MODE_DIFFERS'],
]);

const ORDER = { bad: 0, unclear: 1, good: 2 } as const;

export function diagnose(facts: Facts): readonly Finding[] {
  const findings = [
    network(facts),
    server(facts),
    browser(facts),
    clock(facts),
    versions(facts),
    others(facts),
    storage(facts),
  ];
  return findings.filter((finding) => finding !== undefined).sort((a, b) => ORDER[a.state] - ORDER[b.state]);
}

function network({ online }: Facts): Finding {
  return online
    ? { id: 'network', state: 'good', title: 'This device has a network', text: '' }
    : {
        id: 'network',
        state: 'bad',
        title: 'This device has no network',
        text: 'Switch on Wi-Fi or mobile data. Your changes are kept until then.',
      };
}

function server({ server, status }: Facts): Finding {
  const title = 'The server that introduces devices does not answer';
  if (server === 'silent') {
    return {
      id: 'server',
      state: 'bad',
      title,
      text: 'Check whether other pages open. If they do, the server is down: tell whoever runs this site. Devices that are connected already go on.',
    };
  }
  if (server === 'something-else') {
    return {
      id: 'server',
      state: 'bad',
      title: 'Something else answers in place of the server',
      text: 'A hotel’s or an office’s network may be in between: sign in there, or use another network. Otherwise tell whoever runs this site.',
    };
  }
  const code = status?.problem?.code ?? '';
  if (/^(SIGNALING|TOKEN)_|NAMESPACE_NOT_ALLOWED|AUTH_UNAVAILABLE/.test(code)) {
    return {
      id: 'server',
      state: 'bad',
      title: 'The server answers, but does not let this device in',
      text: `Tell whoever runs this site: ${code}. It is tried again by itself.`,
    };
  }
  return { id: 'server', state: 'good', title: 'The server that introduces devices answers', text: '' };
}

function browser({ selfTest }: Facts): Finding {
  if (selfTest === undefined) {
    return {
      id: 'browser',
      state: 'bad',
      title: 'This browser cannot connect to other devices',
      text: 'It has no WebRTC, or a setting or an extension has switched it off. Use another browser, or switch it on.',
    };
  }
  if (!selfTest) {
    return {
      id: 'browser',
      state: 'bad',
      title: 'This browser blocks connections between devices',
      text: 'Not even this page could connect to itself. An extension, a VPN or a firewall on this device may be in the way.',
    };
  }
  return { id: 'browser', state: 'good', title: 'This browser can connect to other devices', text: '' };
}

function clock({ clockOffsetMs, codes }: Facts): Finding | undefined {
  if (clockOffsetMs !== undefined && Math.abs(clockOffsetMs) > CLOCK_TOLERANCE_MS) {
    const minutes = Math.round(Math.abs(clockOffsetMs) / 60_000);
    const way = clockOffsetMs > 0 ? 'fast' : 'slow';
    return {
      id: 'clock',
      state: 'bad',
      title: `This device’s clock is ${minutes} min ${way}`,
      text: 'Let the device set its clock by itself: where two people change one thing, the later one counts.',
    };
  }
  if (codes.includes('CLOCK_DIFFERS')) {
    return {
      id: 'clock',
      state: 'bad',
      title: 'Another device has a wrong clock',
      text: 'Its date or time is far from this one’s. Set it right there, then reload the page there.',
    };
  }
  return clockOffsetMs === undefined
    ? undefined
    : { id: 'clock', state: 'good', title: 'This device’s clock is right', text: '' };
}

function versions({ codes, status }: Facts): Finding | undefined {
  const refused = status?.peers.map(({ code }) => code ?? '') ?? [];
  if (![...refused, ...codes].some((code) => VERSION_CODES.has(code))) return undefined;
  return {
    id: 'version',
    state: 'bad',
    title: 'A device runs an older version of this page',
    text: 'Reload the page on both devices, and take the new version where it is offered.',
  };
}

function others({ status, server, codes, roomCode, hasTurn, addresses }: Facts): Finding {
  const here = status?.peers.filter(({ phase }) => phase !== 'refused' && phase !== 'connecting').length ?? 0;
  if (here > 0) {
    return {
      id: 'others',
      state: 'good',
      title: here === 1 ? 'One other device is connected' : `${here} other devices are connected`,
      text: '',
    };
  }
  if (codes.includes('PEER_UNREACHABLE')) {
    const text =
      hasTurn && addresses.includes('relay')
        ? 'It is in the same board, but every way to it is blocked, on its side or here. Try another network on one of the two.'
        : 'It is in the same board, but in another network, and this site has no relay (TURN) that leads from one to the other. Bring both into one Wi-Fi, or ask whoever runs this site for a relay.';
    return { id: 'others', state: 'bad', title: 'Another device is there, but there is no way to it', text };
  }
  if (codes.includes('SIGNAL_UNREADABLE')) {
    return {
      id: 'others',
      state: 'bad',
      title: 'Somebody has tried to reach this board with another key',
      text: `If that was a device of yours, invite it again: its code is not ${roomCode}.`,
    };
  }
  if (server !== 'ok') {
    return {
      id: 'others',
      state: 'unclear',
      title: 'Whether somebody else is there is not known',
      text: 'First the server has to answer.',
    };
  }
  return {
    id: 'others',
    state: 'unclear',
    title: 'Nobody else is on this board just now',
    text: `Open the board on another device. If it is open there, compare its code with this one, ${roomCode}: if they differ, invite that device again.`,
  };
}

function storage({ persisted, status }: Facts): Finding | undefined {
  if (status?.problem?.code === 'STORAGE_FULL') {
    return {
      id: 'storage',
      state: 'bad',
      title: 'This device has no room left',
      text: 'Make some. It goes on by itself.',
    };
  }
  if (persisted !== false) return undefined;
  return {
    id: 'storage',
    state: 'unclear',
    title: 'The browser may clear this page’s data when it runs out of room',
    text: 'Install the page (browser menu, “Install” or “Add to home screen”): then it keeps the data.',
  };
}
