import { spawnSync, type SpawnSyncReturns } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import test from 'ava';
import type { Effects, Input, Machine } from '../../core/machine.js';
import type { Command, Message } from '../../core/message.js';
import type { NodeId, Time } from '../../core/units.js';
import type { View } from '../../core/view.js';
import { attempt, type Simulate } from '../../experiments/fuzz/attempt.js';
import { draw } from '../../experiments/fuzz/draw.js';
import { FUZZ_DEFAULTS, trySeed } from '../../experiments/fuzz/fuzz.js';
import { shrink } from '../../experiments/fuzz/shrink.js';
import { ASTRAL } from '../../experiments/protocols.js';
import type { JsonObject } from '../../sim/scenario.js';
import { simulate, type Contender } from '../../sim/simulate.js';

type Node = Machine<Message, Command, View>;

const SKIPPED = 50;

/** Defect: of the renewals that a node sends, every fiftieth is not sent. Which one is first differs between nodes. */
function forgetful(id: NodeId, inner: Node): Node {
  let renewals = id.charCodeAt(id.length - 1) * 7;
  const forgets = (message: Message): boolean => message.type === 'renew' && ++renewals % SKIPPED === 0;
  return {
    handle(now: Time, input: Input<Message, Command>, effects: Effects<Message>): void {
      inner.handle(now, input, {
        send: (to, message) => (forgets(message) ? undefined : effects.send(to, message)),
        connect: (to) => effects.connect(to),
        disconnect: (peer, code, detail) => effects.disconnect(peer, code, detail),
        play: (chunk) => effects.play(chunk),
        reply: (command, result) => effects.reply(command, result),
        persist: (state) => effects.persist(state),
        trace: effects.trace,
      });
    },
    nextDeadline: () => inner.nextDeadline(),
    view: () => inner.view(),
    restore: (view) => inner.restore(view),
  };
}

const under =
  (contender: Contender<Message>): Simulate =>
  (scenario, options) =>
    simulate(scenario, { ...contender, ...options });

const sound = under(ASTRAL);
const { protocol } = ASTRAL;
const planted = under({
  ...ASTRAL,
  protocol: { ...protocol, create: (identity, ...rest) => forgetful(identity.id, protocol.create(identity, ...rest)) },
});

test('one renewal in fifty that is skipped is found within 200 seeds and shrunk to 5 nodes and 5 faults', (t) => {
  t.timeout(240_000);
  const breaks = (run: Simulate, seed: number): boolean =>
    trySeed(run, seed).failure?.violations.some(({ invariant }) => invariant === 'S26') === true;
  let seed = 1;
  while (seed < 200 && !breaks(planted, seed)) seed++;
  t.log(`found under seed ${seed}`);
  t.true(seed < 200);
  t.false(breaks(sound, seed), 'it is the defect that breaks it');

  const { profile, bounds } = FUZZ_DEFAULTS;
  const smallest = shrink(planted, draw(seed, profile, bounds), { seed, invariant: 'S26', limitMs: 60_000 });
  if (smallest === null) return t.fail('the failure does not repeat');
  const { nodes, faults, runs, complete } = smallest;
  t.log(`shrunk to ${nodes} nodes and ${faults} faults in ${runs} runs${complete ? '' : ', until the time was over'}`);
  t.true(nodes <= 5, `${nodes} nodes`);
  t.true(faults <= 5, `${faults} faults`);

  const file = JSON.parse(JSON.stringify(smallest.scenario)) as JsonObject;
  const found = attempt(planted, file, smallest.seed).violations.find(({ invariant }) => invariant === 'S26');
  t.deepEqual(found, smallest.violation, 'the file and the seed alone repeat it');
  t.deepEqual(
    attempt(sound, file, smallest.seed).violations.filter(({ invariant }) => invariant === 'S26'),
    [],
  );
});

const BIN = resolve('apps/bin/astral.js');
const folder = mkdtempSync(join(tmpdir(), 'astral-fuzz-'));
test.after.always(() => rmSync(folder, { recursive: true, force: true }));

function astral(...parameters: string[]): SpawnSyncReturns<string> {
  const env = { ...process.env, NO_COLOR: '1' };
  return spawnSync(process.execPath, [BIN, ...parameters], { cwd: folder, encoding: 'utf8', env });
}

const SMALL = ['--nodes', '3..5', '--duration', '20s..22s', '--workers', '2'];

test('astral fuzz: a campaign in which all holds counts what it did, whatever the number of threads', (t) => {
  const { stdout, stderr, status } = astral('fuzz', '--seeds', '3..6', ...SMALL, '--profile', 'network', '--json');
  t.is(status, 0, stderr);
  t.is(stderr, '');
  const document = JSON.parse(stdout) as Record<string, unknown> & { checkers: Record<string, number> };
  t.like(document, { schema: 'astral.fuzz/1', profile: 'network', seeds: 4, failed: [], failures: [] });
  t.is(document.checkers['L9'], 4);
  const { checkers, faults, events } = document;
  const alone = JSON.parse(
    astral('fuzz', '--seeds', '3..6', ...SMALL, '--profile', 'network', '--json', '--workers', '1').stdout,
  ) as object;
  t.like(alone, { checkers, faults, events });
  t.deepEqual(readdirSync(folder), []);
});

test('astral fuzz: a failure is exit 1, is written down, and the printed command repeats it', (t) => {
  // Nobody can have recovered a tenth of a second after a partition that lasts to the end.
  const torn = ['--set', 'quiet=100ms', '--set', 'faults=[{"at":"6s","kind":"partition","target":"v1"}]'];
  const { stdout, stderr, status } = astral(
    'fuzz',
    '--seeds',
    '1..50',
    ...SMALL,
    ...torn,
    '--shrink',
    '8s',
    '--out',
    'my finds',
    '--json',
  );
  t.is(status, 1, stderr);
  const { failures } = JSON.parse(stdout) as {
    failures: { invariant: string; command: string; minimal: { violation: { at: number }; nodes: number } }[];
  };
  const [failure] = failures;
  if (failure === undefined) return t.fail('no failure');
  t.regex(failure.command, /^npx astral sim 'my finds\/\w+-\d+\.json' --seed \d+ /);
  const command = failure.command.replace('npx astral', `"${process.execPath}" "${BIN}"`);
  const again = spawnSync(`${command} --json`, { shell: true, cwd: folder, encoding: 'utf8' });
  t.is(again.status, 1, again.stderr);
  const { violations } = JSON.parse(again.stdout) as { violations: { invariant: string }[] };
  t.deepEqual(
    violations.find(({ invariant }) => invariant === failure.invariant),
    failure.minimal.violation,
  );
});

test('astral fuzz: what cannot be is exit 2', (t) => {
  const cases: readonly (readonly [RegExp, ...string[]])[] = [
    [/must be one of swarm, network or adversary/, '--profile', 'quiet'],
    [/1\.\.200/, '--seeds', '9..3'],
    [/3\.\.30/, '--nodes', '1..2'],
    [/duration with its unit/, '--for', '5'],
    [/there are astral/, '--protocol', 'gossip'],
    [/--set settings\.nope/, '--seeds', '1..1', '--set', 'settings.nope=1'],
  ];
  for (const [wanted, ...parameters] of cases) {
    const { status, stderr } = astral('fuzz', ...parameters);
    t.is(status, 2, parameters.join(' '));
    t.regex(stderr, wanted);
  }
  t.is(astral('fuzz', '--seeds', '1..1', '--out', '/dev/null/x').status, 3, 'told before anything runs');
  t.regex(astral('fuzz', '--help').stdout, /Examples:\n {2}astral fuzz/);
});
