import type { OpenBoard } from './open-boards.ts';

/** Until they are known: one object, so that nothing is drawn twice for it. */
export const NONE_OPEN: ReadonlyMap<string, OpenBoard> = new Map();
