import test from 'ava';
import { astral } from '../../core/astral.js';
import { Directory, DIRECTORY_DEFAULTS } from '../../core/directory.js';
import type { Crypto, Input, Machine, Rng } from '../../core/machine.js';
import type { Command, Message } from '../../core/message.js';
import { decode, encode } from '../../core/wire/codec.js';
import { loadScenario } from '../../sim/scenario.js';
import { simulate } from '../../sim/simulate.js';

/** The message as it arrives in a live network, but that a token goes on standing for media. */
function overTheWire(message: Message): Message {
  if (message.type !== 'chunk') return received(message);
  const { chunk } = message;
  const media = { ...message, chunk: { ...chunk, payload: new Uint8Array(chunk.size) } };
  const copy = received(media);
  if (copy.type !== 'chunk') throw new Error('a chunk became something else');
  return { ...copy, chunk: { ...copy.chunk, payload: chunk.payload } };
}

function received(message: Message): Message {
  const result = decode(encode(message));
  if (!result.ok) throw new Error(`${message.type}: ${result.why}`);
  return result.message;
}

/** A machine that gets copies from the wire where the simulator hands over the objects themselves. */
function wired<V>(machine: Machine<Message, Command, V>): Machine<Message, Command, V> {
  return {
    handle(now, input, effects) {
      const copy: Input<Message, Command> =
        input.type === 'message' ? { ...input, message: overTheWire(input.message) } : input;
      machine.handle(now, copy, effects);
    },
    nextDeadline: () => machine.nextDeadline(),
    view: () => machine.view(),
    restore: (view) => machine.restore(view),
  };
}

test('a simulation runs alike whether messages pass by reference or through the codec', (t) => {
  const loaded = loadScenario({ name: 'codec', viewers: 16 }, { duration: '40s' });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  const options = {
    createDirectory: (rng: Rng, crypto: Crypto) => new Directory(DIRECTORY_DEFAULTS, rng, crypto),
    seed: 3,
  };
  const byReference = simulate(loaded.scenario, { ...options, protocol: astral });
  const protocol: typeof astral = { ...astral, create: (...given) => wired(astral.create(...given)) };
  const throughCodec = simulate(loaded.scenario, { ...options, protocol });
  t.true(byReference.document.run.events > 1_000);
  t.is(throughCodec.document.digest, byReference.document.digest);
  t.deepEqual(throughCodec.document.metrics, byReference.document.metrics);
});
