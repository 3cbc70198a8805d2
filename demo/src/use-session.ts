/** Opens this device's copy, at once or when somebody has typed the password. RxDB is loaded for it, and not before. */
import { useEffect, useState } from 'preact/hooks';
import { protection } from './device/protection.ts';
import type { Session } from './device/session.ts';
import { type Problem, problemOf } from './pool/advice.ts';

export interface SessionState {
  readonly session: Session | undefined;
  readonly opening: 'opening' | 'needs-password';
  readonly problem: Problem | undefined;
  /** Rejects with the code `WRONG_PASSWORD`. */
  unlock(password: string): Promise<void>;
}

export function useSession(): SessionState {
  const [session, setSession] = useState<Session>();
  const [problem, setProblem] = useState<Problem>();
  const [opening, setOpening] = useState<SessionState['opening']>(
    protection() === 'password' ? 'needs-password' : 'opening',
  );
  const open = async (password: string | undefined): Promise<void> => {
    const { openSession } = await import('./device/open-session.ts');
    setSession(await openSession(password));
  };
  useEffect(() => {
    if (!isSecureContext) return;
    if (opening === 'needs-password') {
      // It is there when the password has been typed.
      import('./device/open-session.ts').catch(reportError);
      return;
    }
    open(undefined).catch((error: unknown) => {
      const found = problemOf(error);
      // Another tab has set a password, or this page was closed while it did.
      if (found.code === 'WRONG_PASSWORD') setOpening('needs-password');
      else setProblem(found);
    });
  }, []);
  return { session, opening, problem, unlock: open };
}
