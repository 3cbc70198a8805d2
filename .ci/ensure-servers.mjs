/** Before Vitest's tests: servers that some of them run. */
import { ensureServers } from './browsers.mjs';

export const setup = ensureServers;
