import type { Deadline, Effects, Input, Machine } from '../../../core/machine.js';
import type { NodeId, StreamId, Time } from '../../../core/units.js';
import type { Message, NodeData, Request, Response, StreamData } from './messages.js';

export interface WebAppView {
  readonly nodes: readonly NodeData[];
  readonly streams: readonly StreamData[];
}

/**
 * The web app from which nodes bootstrap: supernodes that registered, and streams. PB39: nothing in it expires, and
 * PB28: anybody strikes off anybody.
 */
export class WebApp implements Machine<Message, never, WebAppView> {
  readonly #nodes = new Map<NodeId, NodeData>();
  readonly #streams = new Map<StreamId, StreamData>();

  handle(_now: Time, input: Input<Message, never>, effects: Effects<Message>): void {
    if (input.type !== 'message' || input.message.type !== 'request') return;
    const { id, request } = input.message;
    effects.send(input.from, { type: 'response', id, response: this.#answer(input.from, request, effects) });
  }

  nextDeadline(): Deadline | null {
    return null;
  }

  view(): WebAppView {
    return { nodes: [...this.#nodes.values()], streams: [...this.#streams.values()] };
  }

  restore({ nodes, streams }: WebAppView): void {
    for (const node of nodes) this.#nodes.set(node.uuid, node);
    for (const stream of streams) this.#streams.set(stream.stream, stream);
  }

  #answer(from: NodeId, request: Request, effects: Effects<Message>): Response {
    switch (request.call) {
      case 'ping':
        return { status: 200 };
      case 'list-nodes':
        return { status: 200, nodes: [...this.#nodes.values()] };
      case 'register':
        // The web app keeps no primary supernode.
        this.#nodes.set(request.node.uuid, { ...request.node, primary: null });
        effects.trace?.({ type: 'listed', whom: request.node.uuid });
        return { status: 200 };
      case 'unregister':
        if (this.#nodes.delete(request.uuid)) {
          effects.trace?.({ type: 'forgotten', whom: request.uuid, on: from });
        }
        return { status: 200 };
      case 'list-streams':
        return { status: 200, streams: [...this.#streams.values()] };
      case 'find-stream': {
        const stream = this.#streams.get(request.stream);
        return stream === undefined ? { status: 404 } : { status: 200, streams: [stream] };
      }
      case 'create-stream':
        if (!this.#streams.has(request.stream.stream)) this.#streams.set(request.stream.stream, request.stream);
        return { status: 200 };
      default:
        return { status: 404 };
    }
  }
}
