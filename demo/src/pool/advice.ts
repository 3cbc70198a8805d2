/** What a person can do about a problem, for the codes they are likely to meet here. */

export interface Problem {
  readonly code: string;
  readonly message: string;
}

/** RxDB needs cryptography even to open a database, and browsers keep it from pages that came over plain http. */
export const INSECURE_PAGE: Problem = {
  code: 'INSECURE_CONTEXT',
  message: 'The browser gives cryptography and locks to secure pages only.',
};

/** A map, since a code may come from another device: no name in it reaches a prototype. */
const ADVICE: ReadonlyMap<string, string> = new Map([
  ['INSECURE_CONTEXT', 'Open this page over https, or on this machine as http://localhost.'],
  ['OPTIONS_DIFFER', 'Close the other tabs of this page, then reload this one.'],
  ['SCHEMA_DIFFERS', 'Another device runs another version of this page: reload it there and here.'],
  ['SCHEMA_VERSION_DIFFERS', 'Another device runs another version of this page: reload it there and here.'],
  ['SIGNALING_NOT_FOUND', 'Something else answers at that address: tell whoever runs this site.'],
  ['SIGNALING_UNREACHABLE', 'The server that introduces devices does not answer. Check this device’s network.'],
  ['SIGNALING_URL_INVALID', 'The address of its server is wrong: tell whoever runs this site.'],
  [
    'STORAGE_FAILED',
    'The browser could not read or store something. It is tried again; if that does not help, reload.',
  ],
  ['STORAGE_FULL', 'There is no room left for this page: make some on this device. Nothing is lost meanwhile.'],
  ['WEBRTC_UNSUPPORTED', 'This browser cannot connect to other devices: use one with WebRTC.'],
]);

/** An error's own text ends with a hint, so only its leading code is repeated and dropped. */
export function advice(problem: Problem): string {
  return ADVICE.get(problem.code) ?? withoutCode(problem);
}

export function withoutCode(problem: Problem): string {
  const prefix = `${problem.code}: `;
  return problem.message.startsWith(prefix) ? problem.message.slice(prefix.length) : problem.message;
}

export function problemOf(error: unknown): Problem {
  if (!(error instanceof Error)) return { code: 'UNKNOWN', message: String(error) };
  const code = 'code' in error && typeof error.code === 'string' ? error.code : error.name;
  return { code, message: error.message };
}
