import type { Chunk } from './chunk.js';
import type {
  ByeCode,
  Clock,
  CommandResult,
  Contact,
  DurableState,
  Effects,
  Input,
  Machine,
  Network,
} from './machine.js';
import type { TraceEvent } from './trace.js';
import type { CommandId, NodeId, Time } from './units.js';

/** Ports and listeners of one hosted machine; the rim where effects become deeds. */
export interface HostPorts<M, C> {
  readonly clock: Clock;
  readonly network: Network<M, C>;
  /** Called for every trace event; absent means that none is built. */
  readonly observer?: (at: Time, node: NodeId, event: TraceEvent) => void;
  /** Called before every input, for journals and digests. */
  readonly journal?: (at: Time, node: NodeId, input: Input<M, C>) => void;
  readonly play?: (chunk: Chunk) => void;
  readonly persist?: (state: DurableState) => void;
}

/** Hosts one machine in either world: feeds inputs, carries out effects, keeps the one wake-up armed. */
export class Host<M, C, V> implements Effects<M> {
  readonly id: NodeId;
  readonly machine: Machine<M, C, V>;
  readonly trace: ((event: TraceEvent) => void) | null;
  readonly #ports: HostPorts<M, C>;
  readonly #replies = new Map<CommandId, (result: CommandResult) => void>();
  readonly #wake = () => {
    this.#armed = null;
    this.dispatch(WAKE);
  };
  #armed: Time | null = null;
  #now: Time = 0;
  #running = false;
  #commands = 0;

  constructor(id: NodeId, machine: Machine<M, C, V>, ports: HostPorts<M, C>) {
    this.id = id;
    this.machine = machine;
    this.#ports = ports;
    const observer = ports.observer;
    this.trace = observer === undefined ? null : (event) => observer(this.#now, this.id, event);
  }

  /** Attaches to the network and arms the machine's first deadline. */
  start(): void {
    this.#running = true;
    this.#ports.network.attach(this.id, (input) => this.dispatch(input));
    this.#arm();
  }

  /** Ends at once, as a crash does: nothing is sent and nothing fires any more. */
  stop(): void {
    this.#running = false;
    this.#ports.clock.wakeAt(this.id, null, this.#wake);
    this.#ports.network.detach(this.id);
  }

  dispatch(input: Input<M, C>): void {
    if (!this.#running) return;
    this.#now = this.#ports.clock.now();
    this.#ports.journal?.(this.#now, this.id, input);
    this.machine.handle(this.#now, input, this);
    this.#arm();
  }

  /** Dispatches a command; `done` is called once, when the machine replies. */
  command(command: C, done?: (result: CommandResult) => void): void {
    const id = ++this.#commands;
    if (done !== undefined) this.#replies.set(id, done);
    this.dispatch({ type: 'command', id, command });
  }

  send(to: NodeId, message: M): void {
    this.#ports.network.send(this.id, to, message);
  }

  connect(to: Contact): void {
    this.#ports.network.connect(this.id, to);
  }

  disconnect(peer: NodeId, code: ByeCode, detail: string): void {
    this.#ports.network.disconnect(this.id, peer, code, detail);
  }

  play(chunk: Chunk): void {
    this.#ports.play?.(chunk);
  }

  reply(id: CommandId, result: CommandResult): void {
    const done = this.#replies.get(id);
    this.#replies.delete(id);
    done?.(result);
  }

  persist(state: DurableState): void {
    this.#ports.persist?.(state);
  }

  #arm(): void {
    const at = this.machine.nextDeadline()?.at ?? null;
    if (at === this.#armed || !this.#running) return;
    this.#armed = at;
    this.#ports.clock.wakeAt(this.id, at, this.#wake);
  }
}

const WAKE = { type: 'wake' } as const;
