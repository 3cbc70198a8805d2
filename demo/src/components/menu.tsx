import type { ComponentChildren, JSX } from 'preact';
import { useRef } from 'preact/hooks';
import { Icon } from './icon.tsx';

interface Props {
  readonly label: string;
  readonly children: ComponentChildren;
}

/** Less used actions behind one button. Escape, a click beside it, or leaving it with Tab closes it. */
export function Menu({ label, children }: Props): JSX.Element {
  const menu = useRef<HTMLDetailsElement>(null);
  const close = (): void => {
    if (menu.current !== null) menu.current.open = false;
  };
  const onFocusOut = (event: FocusEvent): void => {
    if (!(event.relatedTarget instanceof Node && menu.current?.contains(event.relatedTarget))) close();
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key !== 'Escape' || menu.current?.open !== true) return;
    event.stopPropagation();
    close();
    menu.current.querySelector('summary')?.focus();
  };
  return (
    <details ref={menu} class="menu" onFocusOut={onFocusOut} onKeyDown={onKeyDown}>
      <summary class="icon-button" aria-label={label} title={label}>
        <Icon name="more" />
      </summary>
      {/* biome-ignore lint/a11y/useKeyWithClickEvents lint/a11y/noStaticElementInteractions: the buttons in it are what is used */}
      <div class="menu-items card" onClick={(event) => event.target instanceof HTMLButtonElement && close()}>
        {children}
      </div>
    </details>
  );
}
