import { openWithoutPassword, openWithPassword } from './key.ts';
import { type Session, startSession } from './session.ts';

/** @param password undefined: there is none */
export async function openSession(password: string | undefined): Promise<Session> {
  return startSession(password === undefined ? await openWithoutPassword() : await openWithPassword(password));
}
