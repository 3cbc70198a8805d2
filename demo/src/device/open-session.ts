import { problemOf } from '../pool/advice.ts';
import { openWithoutPassword, openWithPassword } from './key.ts';
import { type Session, startSession } from './session.ts';

/** @returns undefined: it takes a password. @throws with one, an error with the code `WRONG_PASSWORD` */
export async function openSession(password: string | undefined): Promise<Session | undefined> {
  if (password !== undefined) return startSession(await openWithPassword(password));
  try {
    const db = await openWithoutPassword();
    return db === undefined ? undefined : await startSession(db);
  } catch (error) {
    // A change of the password was interrupted.
    if (problemOf(error).code === 'WRONG_PASSWORD') return undefined;
    throw error;
  }
}
