import { builtinModules } from 'node:module';
import { posix } from 'node:path';
import { mask } from './house-rules-mask.js';

/** A file of the project; the path is relative to the root, with slashes. */
export interface ProjectFile {
  readonly path: string;
  readonly text: string;
}

interface Allowed {
  /** Folders whose files may be imported, besides the own one. */
  readonly folders: readonly string[];
  readonly npm: readonly string[];
  readonly node: boolean;
}

const APPS_NPM = [
  '@fastify/helmet',
  '@fastify/static',
  '@fastify/websocket',
  'cli-progress',
  'cli-table3',
  'commander',
  'fastify',
  'fastify-type-provider-zod',
  'mp4box',
  'picocolors',
  'pino',
  'prom-client',
  'ws',
  'zod',
];
const TEST_NPM = [
  '@duckdb/node-api',
  ...APPS_NPM,
  '@fast-check/ava',
  '@sparticuz/chromium',
  'ava',
  'fast-check',
  'playwright-core',
];

/** Who may import whom: the table of ARCHITECTURE.md. */
const FOLDERS: Readonly<Record<string, Allowed>> = {
  core: { folders: [], npm: [], node: false },
  sim: { folders: ['core'], npm: [], node: false },
  transports: { folders: ['core'], npm: ['ws'], node: true },
  viz: { folders: ['core', 'sim'], npm: ['@observablehq/plot', 'd3'], node: false },
  experiments: {
    folders: ['core', 'sim', 'viz/charts'],
    npm: ['csv-parse', 'fast-check', 'hyparquet', 'hyparquet-writer', 'linkedom'],
    node: true,
  },
  apps: { folders: ['core', 'sim', 'transports', 'viz', 'experiments'], npm: APPS_NPM, node: true },
  test: { folders: ['core', 'sim', 'transports', 'viz', 'experiments', 'apps'], npm: TEST_NPM, node: true },
  docs: { folders: [], npm: [], node: false },
};

/** Single files that may do more than their folder. */
const EXCEPTIONS: Readonly<Record<string, Allowed>> = {
  'core/rng.ts': { folders: [], npm: ['seedrandom'], node: false },
  'viz/vite.config.js': { folders: [], npm: ['vite'], node: true },
};

/** The folders of the project, each with a README. */
export const folders: readonly string[] = Object.keys(FOLDERS);

/** Folders whose code computes the same on every machine, every time. */
const PURE = ['core', 'sim'];

/**
 * Names that reach a clock, luck, the host or the locale, that give up the single synchronous step, or whose
 * result may differ between engines (powers of two and of literals are exact and stay allowed).
 */
const IMPURE =
  /(?<![\w$.])(?:Date|performance|async|await|Promise|Intl|setTimeout|setInterval|setImmediate|queueMicrotask|process|console|globalThis|require|eval)(?![\w$])|\bMath\b(?!\s*\.)|\bMath\s*\.\s*(?:random|a?(?:sin|cos|tan)h?|atan2|cbrt|exp|expm1|hypot|log|log10|log1p|log2|pow)\b|\.\s*(?:localeCompare|toLocale\w+)\b|(?<!\b\d+\s*)\*\*|(?<!\b2\s*)\*\*(?!\s*\d)/g;

/** Marks of unfinished or silenced work, in comments too. */
const LEFTOVERS =
  /\b(?:TODO|FIXME|XXX|HACK)\b|\b(?:test|it|describe)\.(?:only|todo|failing)\b|\b(?:eslint|oxlint)-disable\b|@ts-(?:ignore|nocheck|expect-error)\b|\bc8 ignore\b/g;

const topFolder = (path: string): string => path.slice(0, Math.max(0, path.indexOf('/')));
const lineAt = (text: string, index: number): number => text.slice(0, index).split('\n').length;
const packageName = (specifier: string): string =>
  specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');

interface Import {
  readonly specifier: string;
  readonly line: number;
  /** Erased by the compiler, so that no module waits for another. */
  readonly typeOnly: boolean;
}

/** Every module that the file names: static, dynamic and type-only imports, re-exports. */
function importsOf(file: ProjectFile): Import[] {
  const statement = /\b(?:(?:import|export)\s+(type\b)?[^;'"]*?\bfrom|import)\s*\(?\s*(['"]) *\2/g;
  return [...mask(file.text).matchAll(statement)].map((match) => {
    const end = match.index + match[0].length - 1;
    const start = match.index + match[0].search(/['"]/) + 1;
    const specifier = file.text.slice(start, end);
    return { specifier, line: lineAt(file.text, start), typeOnly: match[1] !== undefined };
  });
}

/** The project's path that a relative import means. */
const target = (from: string, specifier: string): string =>
  posix.join(posix.dirname(from), specifier).replace(/\.js$/, '.ts');

/** Imports that the table of folders does not allow. */
export function boundaries(file: ProjectFile): string[] {
  const folder = topFolder(file.path);
  const allowed = FOLDERS[folder];
  if (allowed === undefined) return [];
  const also = EXCEPTIONS[file.path];
  const may = (pick: (allowed: Allowed) => boolean): boolean => pick(allowed) || (also !== undefined && pick(also));
  return importsOf(file).flatMap(({ specifier, line }) => {
    const where = `${file.path}:${line}: `;
    if (specifier.startsWith('.')) {
      const path = target(file.path, specifier);
      const launcher = file.path.startsWith('apps/bin/') && path.startsWith('dist/apps/');
      const fine = launcher || [folder, ...allowed.folders].some((name) => path.startsWith(`${name}/`));
      return fine ? [] : [`${where}${folder} may not import ${path}`];
    }
    if (specifier.startsWith('node:') || builtinModules.includes(specifier))
      return may(({ node }) => node) ? [] : [`${where}${folder} may not import ${specifier}`];
    return may(({ npm }) => npm.includes(packageName(specifier)))
      ? []
      : [`${where}${folder} may not import the package ${packageName(specifier)}`];
  });
}

/** Impure names in the pure folders, outside comments and strings. */
export function purity(file: ProjectFile): string[] {
  if (!PURE.includes(topFolder(file.path))) return [];
  return [...mask(file.text).matchAll(IMPURE)].map(
    (match) =>
      `${file.path}:${lineAt(file.text, match.index)}: ${match[0].trim()} is banned in ${topFolder(file.path)}`,
  );
}

/** Unfinished or silenced work. */
export function leftovers(file: ProjectFile): string[] {
  return [...file.text.matchAll(LEFTOVERS)].map(
    (match) => `${file.path}:${lineAt(file.text, match.index)}: ${match[0]} is left over`,
  );
}

/** Only the index of a folder collects exports. */
export function barrels(file: ProjectFile): string[] {
  return file.path.endsWith('/index.ts') && file.path.split('/').length > 2
    ? [`${file.path}: a barrel inside a folder`]
    : [];
}

/** Chains of imports that come back to where they began; types do not count, since they are gone at run time. */
export function cycles(files: readonly ProjectFile[]): string[] {
  const graph = new Map(
    files.map((file) => [
      file.path,
      importsOf(file)
        .filter(({ specifier, typeOnly }) => specifier.startsWith('.') && !typeOnly)
        .map(({ specifier }) => target(file.path, specifier)),
    ]),
  );
  const found: string[] = [];
  const done = new Set<string>();
  const visit = (path: string, chain: readonly string[]): void => {
    const begin = chain.indexOf(path);
    if (begin >= 0) found.push(`import cycle: ${[...chain.slice(begin), path].join(' -> ')}`);
    if (begin >= 0 || done.has(path)) return;
    for (const next of graph.get(path) ?? []) visit(next, [...chain, path]);
    done.add(path);
  };
  for (const path of graph.keys()) visit(path, []);
  return found;
}

/** A Markdown file begins with its only title. */
export function titles(file: ProjectFile): string[] {
  const prose = file.text.replaceAll(/^```[\s\S]*?^```/gm, '');
  const count = prose.match(/^# \S/gm)?.length ?? 0;
  return count === 1 && prose.startsWith('# ') ? [] : [`${file.path}: wants one "# Title", on its first line`];
}

/** Not worth a word in a README: itself, settings, what AVA writes. */
const SELF_EVIDENT = /(?:^|\/)(?:README\.md|tsconfig\.json)$|\.snap$|\.ts\.md$/;

/**
 * The nearest README above a file names it, `like/this.ts`; tests may also be named by their folder, `like/this/`. No
 * README names a program that is gone.
 */
export function guides(readmes: readonly ProjectFile[], paths: readonly string[]): string[] {
  const guideOf = (path: string): ProjectFile | undefined =>
    readmes
      .filter((readme) => path.startsWith(readme.path.slice(0, -'README.md'.length)))
      .toSorted((a, b) => b.path.length - a.path.length)[0];
  const named = (readme: ProjectFile): string[] =>
    [...readme.text.matchAll(/`([^`\s]+)`/g)].map((match) => match[1] ?? '');
  const missing = paths
    .filter((path) => !SELF_EVIDENT.test(path))
    .flatMap((path) => {
      const guide = guideOf(path);
      if (guide === undefined) return [`${topFolder(path)}/README.md is missing`];
      const name = path.slice(guide.path.length - 'README.md'.length);
      const known = named(guide).some(
        (word) => word === name || (name.endsWith('.test.ts') && word.endsWith('/') && name.startsWith(word)),
      );
      return known ? [] : [`${guide.path}: wants a line "- \`${name}\`: what it is for"`];
    });
  const gone = readmes.flatMap((readme) =>
    named(readme)
      .filter((word) => /^\w[\w./-]*\.(?:ts|mjs|html|css)$/.test(word))
      .filter((word) => !paths.includes(posix.join(posix.dirname(readme.path), word)) && !paths.includes(word))
      .map((word) => `${readme.path}: names ${word}, which does not exist`),
  );
  return [...new Set([...missing, ...gone])];
}

/** Packages that may run a program when they are installed. */
const INSTALL_SCRIPTS: readonly string[] = [];

/** The lock file names no host, and no package in it runs a program of its own when it is installed. */
export function lockFile(text: string): string[] {
  const lock = JSON.parse(text) as { packages: Record<string, { resolved?: string; hasInstallScript?: boolean }> };
  return Object.entries(lock.packages).flatMap(([path, entry]) => [
    ...(entry.resolved === undefined ? [] : [`package-lock.json: ${path} names an address`]),
    ...(entry.hasInstallScript === true && !INSTALL_SCRIPTS.includes(path)
      ? [`package-lock.json: ${path} has an install script`]
      : []),
  ]);
}
