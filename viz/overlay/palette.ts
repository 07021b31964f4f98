/** The colours of the page's style sheet, as a canvas takes them. */
export interface Palette {
  readonly substreams: readonly string[];
  readonly ground: string;
  readonly raised: string;
  readonly line: string;
  readonly text: string;
  readonly quiet: string;
  readonly node: string;
  readonly supernode: string;
  readonly publisher: string;
  readonly care: string;
  readonly accent: string;
}

/** Sub-streams that have a colour of their own; the next ones begin again. */
export const HUES = 6;

/** Reads the custom properties in force; read again when the theme changes. */
export function readPalette(): Palette {
  const probe = document.createElement('span');
  probe.hidden = true;
  document.body.append(probe);
  const read = (name: string): string => {
    probe.style.color = `var(--${name})`;
    return getComputedStyle(probe).color;
  };
  const palette: Palette = {
    substreams: Array.from({ length: HUES }, (_, sub) => read(`sub-${sub}`)),
    ground: read('ground'),
    raised: read('raised'),
    line: read('line'),
    text: read('text'),
    quiet: read('quiet'),
    node: read('node'),
    supernode: read('supernode'),
    publisher: read('publisher'),
    care: read('care'),
    accent: read('accent'),
  };
  probe.remove();
  return palette;
}

/** The colour of a sub-stream. */
export function hue(palette: Palette, sub: number): string {
  return palette.substreams[sub % palette.substreams.length] ?? palette.quiet;
}
