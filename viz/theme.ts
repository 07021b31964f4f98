const KEY = 'astral-theme';

export type Theme = 'light' | 'dark';

/** The theme in force: the one chosen on this page's origin, or else the system's. */
export function themeInForce(): Theme {
  const chosen = document.documentElement.dataset['theme'];
  if (chosen === 'light' || chosen === 'dark') return chosen;
  return matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light';
}

/** Lets a button switch between light and dark; `changed` is called whenever the theme in force may differ. */
export function connectTheme(button: HTMLButtonElement, changed: () => void): void {
  const root = document.documentElement;
  const kept = localStorage.getItem(KEY);
  if (kept === 'light' || kept === 'dark') root.dataset['theme'] = kept;
  const label = (): void => {
    button.textContent = themeInForce() === 'dark' ? 'Light' : 'Dark';
    button.title = `Switch to ${button.textContent.toLowerCase()} colours`;
  };
  button.addEventListener('click', () => {
    const theme: Theme = themeInForce() === 'dark' ? 'light' : 'dark';
    root.dataset['theme'] = theme;
    localStorage.setItem(KEY, theme);
    label();
    changed();
  });
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
    label();
    changed();
  });
  label();
}
