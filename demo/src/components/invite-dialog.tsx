import type { JSX } from 'preact';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { invitationLink } from '../boards/invitation.ts';
import type { Board } from '../schemas.ts';
import { Icon } from './icon.tsx';
import { QrCode } from './qr-code.tsx';

/** How long "Copied" stays, milliseconds: enough to read a word. */
const COPIED_MS = 2500;

interface Props {
  readonly board: Board;
  onClose(): void;
}

export function InviteDialog({ board, onClose }: Props): JSX.Element {
  const dialog = useRef<HTMLDialogElement>(null);
  const field = useRef<HTMLInputElement>(null);
  const [copied, setCopied] = useState(false);
  const link = useMemo(() => invitationLink(board, new URL(location.href)), [board]);
  useEffect(() => {
    dialog.current?.showModal();
  }, []);
  useEffect(() => {
    if (!copied) return;
    const timer = setTimeout(() => setCopied(false), COPIED_MS);
    return () => clearTimeout(timer);
  }, [copied]);

  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(link);
      setCopied(true);
    } catch {
      // No permission: the person can copy the selected text.
      field.current?.select();
    }
  };
  return (
    <dialog ref={dialog} class="sheet card" aria-labelledby="invite-title" onClose={onClose}>
      <header class="sheet-top">
        <h2 id="invite-title">Invite to “{board.title}”</h2>
        <button type="button" class="icon-button" aria-label="Close" onClick={() => dialog.current?.close()}>
          <Icon name="close" />
        </button>
      </header>
      <p>Scan this with the camera of the other device, or send the link.</p>
      <QrCode text={link} label="Code of the invitation" />
      <div class="field-row">
        <input ref={field} readOnly value={link} aria-label="Link of the invitation" />
        <button type="button" class="primary" onClick={copy}>
          <Icon name={copied ? 'check' : 'copy'} />
          <span aria-live="polite">{copied ? 'Copied' : 'Copy'}</span>
        </button>
      </div>
      {'share' in navigator && (
        <button type="button" onClick={() => navigator.share({ url: link, title: board.title }).catch(ignoreCancelled)}>
          Send…
        </button>
      )}
      <p class="fine">
        <b>Whoever has this link can read and change the board</b>, now and later. Send it only to people you trust, in
        a way that only they read.
      </p>
    </dialog>
  );
}

/** Somebody has closed the system's own dialog. */
function ignoreCancelled(error: unknown): void {
  if (!(error instanceof DOMException && error.name === 'AbortError')) throw error;
}
