/** Opens this device's copy, at once or when somebody has typed the password. RxDB is loaded for it, and not before. */
import { useEffect, useState } from 'preact/hooks';
import { hasPassword } from './device/key-store.ts';
import type { Session } from './device/session.ts';
import { type Problem, problemOf } from './pool/advice.ts';

export interface SessionState {
  readonly session: Session | undefined;
  readonly needsPassword: boolean;
  readonly problem: Problem | undefined;
  /** Rejects with the code `WRONG_PASSWORD`. */
  unlock(password: string): Promise<void>;
}

export function useSession(): SessionState {
  const [session, setSession] = useState<Session>();
  const [problem, setProblem] = useState<Problem>();
  const [needsPassword, setNeedsPassword] = useState(false);
  const open = async (password: string | undefined): Promise<void> => {
    const { openSession } = await import('./device/open-session.ts');
    const opened = await openSession(password);
    setNeedsPassword(opened === undefined);
    setSession(opened);
  };
  const begin = async (): Promise<void> => {
    if (!(await hasPassword())) return open(undefined);
    setNeedsPassword(true);
    // It is there when the password has been typed.
    await import('./device/open-session.ts');
  };
  useEffect(() => {
    if (isSecureContext) begin().catch((error: unknown) => setProblem(problemOf(error)));
  }, []);
  return { session, needsPassword, problem, unlock: open };
}
