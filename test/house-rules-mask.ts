/** A regular expression can stand where a value can: at the start, after an operator, after these words. */
const BEFORE_REGEX =
  /(?:^|[(,=:[!&|?{};+\-*%<>~^]|\b(?:return|typeof|case|in|of|delete|void|throw|new|else|do|yield))\s*$/;

/**
 * The text with the insides of comments, strings, templates and regular expressions blanked, so that what is left is
 * code. Length and line breaks stay, so that a place in the mask is the same place in the text.
 */
export function mask(text: string): string {
  let out = '';
  const blank = (end: number) => {
    out += text.slice(out.length, end).replaceAll(/[^\n]/g, ' ');
  };
  const keep = (end: number) => {
    out += text.slice(out.length, end);
  };
  /** Depth of braces inside each open `${`, innermost last. */
  const braces: number[] = [];
  const template = () => {
    blank(endOfTemplate(text, out.length));
    if (text[out.length] === '`') keep(out.length + 1);
    else if (out.length < text.length) {
      keep(out.length + 2);
      braces.push(0);
    }
  };
  while (out.length < text.length) {
    const at = out.length;
    const char = text[at];
    const pair = text.slice(at, at + 2);
    const open = braces.length - 1;
    if (pair === '//') blank(endOr(text, '\n', at, 0));
    else if (pair === '/*') blank(endOr(text, '*/', at + 2, 2));
    else if (char === "'" || char === '"') quoted(text, at, blank, keep, char);
    else if (char === '`') {
      keep(at + 1);
      template();
    } else if (char === '/' && BEFORE_REGEX.test(out.slice(-40))) quoted(text, at, blank, keep, '/');
    else if (char === '}' && braces[open] === 0) {
      keep(at + 1);
      braces.pop();
      template();
    } else {
      if (open >= 0 && char === '{') braces[open] = (braces[open] ?? 0) + 1;
      if (open >= 0 && char === '}') braces[open] = (braces[open] ?? 0) - 1;
      keep(at + 1);
    }
  }
  return out;
}

function endOr(text: string, mark: string, from: number, extra: number): number {
  const found = text.indexOf(mark, from);
  return found < 0 ? text.length : found + extra;
}

/** Keeps the delimiters and blanks what stands between them; ends at the line's end if the closing one is missing. */
function quoted(
  text: string,
  at: number,
  blank: (end: number) => void,
  keep: (end: number) => void,
  close: string,
): void {
  let end = at + 1;
  let inClass = false;
  while (end < text.length && text[end] !== '\n' && (text[end] !== close || inClass)) {
    if (close === '/' && text[end] === '[') inClass = true;
    if (text[end] === ']') inClass = false;
    end += text[end] === '\\' ? 2 : 1;
  }
  keep(at + 1);
  blank(Math.min(end, text.length));
  keep(Math.min(end + 1, text.length));
}

/** Where the literal part of a template that runs on at `from` ends: at its backtick or at a `${`. */
function endOfTemplate(text: string, from: number): number {
  let end = from;
  while (end < text.length && text[end] !== '`' && text.slice(end, end + 2) !== '${') end += text[end] === '\\' ? 2 : 1;
  return Math.min(end, text.length);
}
