import type { JSX } from 'preact';
import { useRef, useState } from 'preact/hooks';
import type { PoolStatus } from 'rxdb-p2p';
import { Icon } from '../components/icon.tsx';
import { useOpenSession } from '../device/session-context.ts';
import type { Board } from '../schemas.ts';
import { diagnose, type Finding } from './diagnose.ts';
import { examine } from './examine.ts';
import { report } from './report.ts';

interface Props {
  readonly board: Board;
  readonly status: PoolStatus | undefined;
  readonly codes: readonly string[];
}

interface Result {
  readonly findings: readonly Finding[];
  readonly text: string;
}

export function DoctorCard({ board, status, codes }: Props): JSX.Element {
  const { deployment } = useOpenSession();
  const [result, setResult] = useState<Result>();
  const [busy, setBusy] = useState(false);
  const [copied, setCopied] = useState(false);
  const field = useRef<HTMLTextAreaElement>(null);
  const look = async (): Promise<void> => {
    setBusy(true);
    setCopied(false);
    const facts = await examine(board, deployment, status, codes);
    const findings = diagnose(facts);
    setResult({ findings, text: report(facts, findings, new Date(), navigator.userAgent) });
    setBusy(false);
  };
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(result?.text ?? '');
      setCopied(true);
    } catch {
      // No permission: the person can copy the selected text.
      field.current?.select();
    }
  };
  return (
    <section class="card form doctor" aria-labelledby="doctor-title">
      <h2 id="doctor-title">Devices do not find each other?</h2>
      <div role="status" aria-busy={busy}>
        {result !== undefined && (
          <ul class="findings">
            {result.findings.map(({ id, state, title, text }) => (
              <li key={id} class={state} data-finding={id}>
                <Icon name={state === 'good' ? 'check' : state === 'bad' ? 'close' : 'question'} />
                <span>
                  {title}
                  {text !== '' && <span class="fine">{text}</span>}
                </span>
              </li>
            ))}
          </ul>
        )}
      </div>
      <div class="buttons">
        <button type="button" disabled={busy} onClick={() => look().catch(reportError)}>
          {busy ? 'Looking…' : result === undefined ? 'Find out why' : 'Look again'}
        </button>
        {result !== undefined && (
          <button type="button" class="quiet" onClick={copy}>
            <Icon name={copied ? 'check' : 'copy'} />
            <span aria-live="polite">{copied ? 'Copied' : 'Copy a report'}</span>
          </button>
        )}
      </div>
      {result !== undefined && (
        <details class="fine">
          <summary>What the report says</summary>
          <textarea ref={field} class="field report" readOnly rows={12} aria-label="Report" value={result.text} />
          <p>It has no note, no name and no key in it.</p>
        </details>
      )}
    </section>
  );
}
