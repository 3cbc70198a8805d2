import { type Context, createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { Session } from './session.ts';

export const SessionContext: Context<Session | undefined> = createContext<Session | undefined>(undefined);

export function useOpenSession(): Session {
  const session = useContext(SessionContext);
  if (session === undefined) throw new Error('this is shown while the copy is open only');
  return session;
}
