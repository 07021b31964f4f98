import type { ByeCode, Contact, Effects, Input, Machine } from '../../core/machine.js';
import { MS, SECOND, type Time } from '../../core/units.js';
import { uniformPaths } from '../../sim/geography.js';
import type { NetworkOptions } from '../../sim/network-types.js';
import { Processors } from '../../sim/processors.js';
import { World } from '../../sim/world.js';

/** What puppets say to each other. */
export interface Note {
  readonly type: 'control' | 'chunk';
  readonly n: number;
  readonly bytes: number;
}
/** What a puppet is told to do. */
export interface Order {
  readonly type: 'order';
  readonly act: (effects: Effects<Note>) => void;
}
type Line = readonly [at: Time, what: string];

/** Carries out orders and logs every input as a line of text; can be told to wake up. */
export class Puppet implements Machine<Note, Order, null> {
  readonly log: Line[] = [];
  deadline: { at: Time; why: string } | null = null;

  handle(now: Time, input: Input<Note, Order>, effects: Effects<Note>): void {
    if (input.type === 'command') input.command.act(effects);
    else this.log.push([now, describe(input)]);
    if (input.type === 'wake') this.deadline = null;
  }
  nextDeadline() {
    return this.deadline;
  }
  view(): null {
    return null;
  }
  restore(): void {}

  get lines(): string[] {
    return this.log.map(([, what]) => what);
  }
}

function describe(input: Exclude<Input<Note, Order>, { type: 'command' }>): string {
  if (input.type === 'message') return `${input.message.type} ${input.message.n} from ${input.from}`;
  if (input.type === 'peer') return `${input.peer} ${input.change}: ${input.why}`;
  if (input.type === 'dial') {
    return `dial ${input.contact.address}: ${input.outcome.ok ? input.outcome.peer : input.outcome.why}`;
  }
  return 'wake';
}

/** One way between any two nodes. */
export const LATENCY = 50 * MS;
/** A line that adds next to nothing. */
export const FAST = { up: 1e8, down: 1e8 };
/** How a puppet is dialled. */
export const CONTACT = (node: string): Contact => ({ node, address: `sim:${node}` });

/** A world of puppets named by letters. */
export class Stage {
  readonly world: World<Note, Order, unknown>;
  readonly puppets = new Map<string, Puppet>();
  /** Work costs nothing as long as no fault slows it. */
  readonly processors: Processors<Note, Order>;

  constructor(names: string, options: Partial<NetworkOptions<Note>> = {}, line = FAST) {
    const sizes = { encodedBytes: (note: Note) => note.bytes, carriesChunk: (note: Note) => note.type === 'chunk' };
    this.world = new World({ network: { sizes, paths: uniformPaths(LATENCY), ...options } });
    this.processors = new Processors<Note, Order>(
      {
        encodedBytes: sizes.encodedBytes,
        crypto: { sign: 0, verify: 0, hash: 0 },
        impairments: this.world.network.impairments,
        soon: (action) => this.world.schedule(this.world.now(), action),
      },
      true,
    );
    for (const name of names) this.world.add(name, this.machine(name), line);
  }

  /** The puppet on a processor of its own, for one life. */
  machine(name: string): Machine<Note, Order, unknown> {
    return this.processors.wrap(name, this.puppet(name), null);
  }

  puppet(name: string): Puppet {
    const puppet = this.puppets.get(name) ?? new Puppet();
    this.puppets.set(name, puppet);
    return puppet;
  }

  order(name: string, act: (effects: Effects<Note>) => void): void {
    this.world.command(name, { type: 'order', act });
  }

  connect(from: string, to: string): void {
    this.order(from, (effects) => effects.connect(CONTACT(to)));
    this.run(1 * SECOND);
  }

  send(from: string, to: string, n: number, type: Note['type'] = 'control', bytes = 100): void {
    this.order(from, (effects) => effects.send(to, { type, n, bytes }));
  }

  disconnect(from: string, to: string, code: ByeCode): void {
    this.order(from, (effects) => effects.disconnect(to, code, ''));
  }

  run(time: Time): void {
    this.world.run(this.world.now() + time);
  }

  lines(name: string): string[] {
    return this.puppet(name).lines;
  }
}
