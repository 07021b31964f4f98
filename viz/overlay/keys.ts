/** What the keyboard can do with the picture. */
export interface KeyActions {
  readonly toggle: () => void;
  readonly step: (seconds: number) => void;
  readonly edge: (end: 'begin' | 'end') => void;
  readonly fit: () => void;
  readonly search: () => void;
  readonly escape: () => void;
}

/** Space plays and pauses, arrows scrub (with Shift in larger steps), Home and End jump, F fits, / searches, Escape lets go. */
export function connectKeys(actions: KeyActions): void {
  const keys: Readonly<Record<string, (shift: boolean) => void>> = {
    ' ': actions.toggle,
    ArrowLeft: (shift) => actions.step(shift ? -10 : -1),
    ArrowRight: (shift) => actions.step(shift ? 10 : 1),
    Home: () => actions.edge('begin'),
    End: () => actions.edge('end'),
    f: actions.fit,
    '/': actions.search,
    Escape: actions.escape,
  };
  document.addEventListener('keydown', (event) => {
    const { target, key } = event;
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const typing = target instanceof HTMLInputElement || target instanceof HTMLSelectElement;
    const pressing = target instanceof HTMLButtonElement && key === ' ';
    if ((typing && key !== 'Escape') || pressing) return;
    const action = keys[key];
    if (action === undefined) return;
    event.preventDefault();
    if (typing) target.blur();
    action(event.shiftKey);
  });
}
