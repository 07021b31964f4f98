import { Argument, type Command } from 'commander';
import { admissionPolicies } from '../../core/policies/admission.js';
import { feasibilityPolicies } from '../../core/policies/feasibility.js';
import { selectionPolicies } from '../../core/policies/selection.js';
import { PROTOCOLS } from '../../experiments/protocols.js';
import { listWorkloads } from '../../experiments/workloads.js';
import { CHECKERS } from '../../sim/checkers/panel.js';
import { FAULTS } from '../../sim/faults.js';
import { GROUPS, SELECTIONS } from '../../sim/targets.js';

interface Item {
  readonly name: string;
  readonly about: string;
}

/** What is checked, but not by a fold over events and views. */
const ELSEWHERE: readonly Item[] = [
  { name: 'S20', about: 'quiet determinism: --twice runs twice and compares the digests' },
  { name: 'S25', about: 'no crash: a machine that throws is reported and counts as crashed (always on)' },
];

const LISTS: Readonly<Record<string, () => Item[]>> = {
  workloads: () =>
    listWorkloads().map(({ id, title, variants }) => ({
      name: id,
      about: variants.length === 0 ? title : `${title} (also ${variants.map((variant) => `@${variant}`).join(' ')})`,
    })),
  protocols: () => [...PROTOCOLS.values()].map(({ name, about }) => ({ name, about })),
  policies: () =>
    Object.entries({
      admission: admissionPolicies,
      feasibility: feasibilityPolicies,
      selection: selectionPolicies,
    }).flatMap(([kind, table]) => table.names().map((name) => ({ name, about: kind }))),
  faults: () => [
    ...Object.entries(FAULTS).map(([name, { about, param }]) => ({
      name,
      about: param === null ? about : `${about} (param: ${param.about}, ${param.usual} unless given)`,
    })),
    ...Object.entries({ ...GROUPS, ...SELECTIONS }).map(([name, about]) => ({ name: `target ${name}`, about })),
  ],
  checkers: () => [
    ...CHECKERS.map(({ invariant, about, cheap }) => ({ name: invariant, about: cheap ? `${about} (cheap)` : about })),
    ...ELSEWHERE,
  ],
};

/** Adds \`astral list\`. */
export function addList(program: Command): void {
  program
    .command('list')
    .description('list what there is to choose from')
    .addArgument(new Argument('[what]', 'what to list; an overview unless given').choices(Object.keys(LISTS)))
    .option('--json', 'print one JSON document')
    .addHelpText('after', '\nExamples:\n  astral list workloads\n  astral list faults --json')
    .action((what: string | undefined, flags: { readonly json?: boolean }) => {
      const items = what === undefined ? overview() : (LISTS[what]?.() ?? []);
      const width = Math.max(...items.map(({ name }) => name.length));
      const key = what ?? 'lists';
      if (flags.json === true) console.log(JSON.stringify({ schema: 'astral.list/1', [key]: items }, null, 2));
      else for (const { name, about } of items) console.log(`${name.padEnd(width)}  ${about}`);
    });
}

/** What can be listed, and the names in it. */
function overview(): Item[] {
  return Object.entries(LISTS).map(([name, items]) => ({
    name,
    about: items()
      .map((item) => item.name)
      .join(', '),
  }));
}
