import { fc } from '@fast-check/ava';
import test, { type ExecutionContext } from 'ava';
import type { Contact } from '../../core/machine.js';
import { CHUNK_BYTES, ContractNode, control, eventually, media, type NetworkWorld } from './network-world.js';

type Body = (t: ExecutionContext, world: NetworkWorld) => Promise<void>;

/**
 * Registers the tests that every `Network` passes, simulated or real. Whatever runs above cannot tell them apart.
 * @param setup makes an empty world; the suite ends it
 */
export function networkContract(name: string, setup: () => Promise<NetworkWorld>): void {
  const register = (title: string, body: Body): void => {
    test(`${name}: ${title}`, async (t) => {
      const world = await setup();
      try {
        await body(t, world);
      } finally {
        await world.end();
      }
    });
  };
  register('a connection comes up at both ends, once', comesUpOnce);
  register('a contact without a node is named by its dial', namesTheUnknown);
  register('messages of a class stay in order, none is lost or doubled', keepsOrder);
  register('control overtakes queued media', controlOvertakes);
  register('disconnect tells the peer once, with the code, behind what was sent', disconnects);
  register('a dial to nobody fails', dialsNobody);
  register('when both dial at once one connection stays and neither end notices', crossingDials);
  register('after a crash nothing is delivered and the peer learns of it', crashes);
  register('a machine is never called from inside its own effects', neverReenters);
  register('nothing is sent to or for whom is not connected', dropsTheUnroutable);
  register('a slow reader makes its sender congested, then writable again', backpressure);
}

async function pair(world: NetworkWorld): Promise<[ContractNode, ContractNode]> {
  const nodes: [ContractNode, ContractNode] = [await ContractNode.start(world, 0), await ContractNode.start(world, 1)];
  const [a, b] = nodes;
  a.connect(b.contact);
  await eventually(world, () => a.changes(b.id).length > 0 && b.changes(a.id).length > 0);
  return nodes;
}

async function comesUpOnce(t: ExecutionContext, world: NetworkWorld): Promise<void> {
  const [a, b] = await pair(world);
  a.connect(b.contact);
  a.send(b.id, control(1));
  await eventually(world, () => b.received(a.id).length === 1);
  t.deepEqual(a.changes(b.id), ['up dialled']);
  t.deepEqual(b.changes(a.id), ['up accepted']);
  t.deepEqual([a.dials, b.dials], [[], []]);
}

async function namesTheUnknown(t: ExecutionContext, world: NetworkWorld): Promise<void> {
  const a = await ContractNode.start(world, 0);
  const b = await ContractNode.start(world, 1);
  const contact: Contact = { node: null, address: b.contact.address };
  a.connect(contact);
  await eventually(world, () => a.changes(b.id).length === 1);
  t.deepEqual(a.dials, [{ contact, outcome: { ok: true, peer: b.id } }]);
  t.is(a.inputs[0]?.type, 'dial', 'the dial comes before the peer');
}

async function keepsOrder(t: ExecutionContext, world: NetworkWorld): Promise<void> {
  const [a, b] = await pair(world);
  const item = fc.record({
    forth: fc.boolean(),
    size: fc.option(fc.integer({ min: 1, max: CHUNK_BYTES }), { nil: null }),
    pause: fc.constantFrom(0, 0, 0, 0, 1),
  });
  let next = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(item, { maxLength: 30 }), async (items) => {
      const sent = { forth: lanes(), back: lanes() };
      const from = { forth: b.received(a.id).length, back: a.received(b.id).length };
      for (const { forth, size, pause } of items) {
        const number = next++;
        const message = size === null ? control(number) : media(number, size);
        if (forth) a.send(b.id, message);
        else b.send(a.id, message);
        (forth ? sent.forth : sent.back)[size === null ? 'control' : 'media'].push(number);
        if (pause > 0) await world.advance(pause);
      }
      const forth = items.filter((each) => each.forth).length;
      await eventually(world, () => b.received(a.id).length >= from.forth + forth);
      await eventually(world, () => a.received(b.id).length >= from.back + items.length - forth);
      t.deepEqual(byLane(b, a, from.forth), sent.forth);
      t.deepEqual(byLane(a, b, from.back), sent.back);
    }),
    { numRuns: 25 },
  );
  const ends = [...a.changes(b.id), ...b.changes(a.id)].filter((change) => /^(?:up|down)/.test(change));
  t.deepEqual(ends, ['up dialled', 'up accepted']);
}

function lanes(): { control: number[]; media: number[] } {
  return { control: [], media: [] };
}

function byLane(node: ContractNode, peer: ContractNode, from: number): ReturnType<typeof lanes> {
  const result = lanes();
  for (const { lane, number } of node.received(peer.id).slice(from)) result[lane].push(number);
  return result;
}

async function controlOvertakes(t: ExecutionContext, world: NetworkWorld): Promise<void> {
  const [a, b] = await pair(world);
  for (let number = 0; number < 4; number++) a.send(b.id, media(number, CHUNK_BYTES));
  for (let number = 0; number < 20; number++) a.send(b.id, control(number));
  await eventually(world, () => b.received(a.id).length === 24);
  const order = b.received(a.id).map(({ lane }) => lane);
  t.true(order.lastIndexOf('control') < order.lastIndexOf('media'), order.join(' '));
  t.true(order.indexOf('control') <= 2, order.join(' '));
}

async function disconnects(t: ExecutionContext, world: NetworkWorld): Promise<void> {
  const [a, b] = await pair(world);
  a.send(b.id, media(1, CHUNK_BYTES));
  a.send(b.id, control(2));
  a.disconnect(b.id, 'idle');
  a.send(b.id, control(3));
  await eventually(world, () => b.changes(a.id).length === 2);
  await world.advance(100);
  t.deepEqual(b.changes(a.id), ['up accepted', 'down idle']);
  t.deepEqual(byLane(b, a, 0), { control: [2], media: [1] });
  t.deepEqual(a.changes(b.id), ['up dialled'], 'who disconnects is told nothing');
  b.connect(a.contact);
  await eventually(world, () => a.changes(b.id).length === 2);
  t.deepEqual(a.changes(b.id), ['up dialled', 'up accepted']);
}

async function dialsNobody(t: ExecutionContext, world: NetworkWorld): Promise<void> {
  const a = await ContractNode.start(world, 0);
  const nobody = await world.nobody();
  a.connect(nobody);
  a.connect({ node: null, address: nobody.address });
  await eventually(world, () => a.dials.length === 2);
  t.deepEqual(new Set(a.dials.map(({ contact }) => contact.node)), new Set([nobody.node, null]));
  t.true(a.dials.every(({ outcome }) => !outcome.ok));
  t.is(a.inputs.length, 2);
}

async function crossingDials(t: ExecutionContext, world: NetworkWorld): Promise<void> {
  const [first, ...others] = await Promise.all([0, 1, 2, 3, 4].map((index) => ContractNode.start(world, index)));
  if (first === undefined) throw new Error('no node');
  const all = others.flatMap((other) => [[first, other] as const, [other, first] as const]);
  for (const [near, far] of all) {
    near.connect(far.contact);
    near.whenUp(far.id, () => [1, 2, 3].forEach((number) => near.send(far.id, media(number, CHUNK_BYTES))));
  }
  await eventually(world, () => all.every(([near, far]) => near.changes(far.id).length > 0));
  for (let number = 4; number <= 30; number++) {
    for (const [near, far] of all) near.send(far.id, media(number, 1_000));
    await world.advance(1);
  }
  await eventually(world, () => all.every(([near, far]) => near.received(far.id).length >= 30));
  await world.advance(300);
  const numbers = Array.from({ length: 30 }, (_, index) => index + 1);
  for (const [near, far] of all) {
    t.deepEqual(byLane(near, far, 0).media, numbers);
    const ends = near.changes(far.id).filter((change) => /^(?:up|down)/.test(change));
    t.is(ends.length, 1, ends.join(', '));
  }
}

async function crashes(t: ExecutionContext, world: NetworkWorld): Promise<void> {
  const [a, b] = await pair(world);
  a.send(b.id, control(1));
  await eventually(world, () => b.received(a.id).length === 1);
  a.send(b.id, control(2));
  b.stop();
  const before = b.inputs.length;
  for (let number = 3; number < 6; number++) a.send(b.id, control(number));
  await eventually(world, () => a.changes(b.id).length === 2);
  t.regex(a.changes(b.id)[1] ?? '', /^down (reset|timeout|closed)$/);
  a.connect(b.contact);
  await eventually(world, () => a.dials.length === 1);
  t.is(a.dials[0]?.outcome.ok, false);
  t.is(b.inputs.length, before, 'a stopped node is handed nothing');
}

async function neverReenters(t: ExecutionContext, world: NetworkWorld): Promise<void> {
  const [a, b] = await pair(world);
  const nobody = await world.nobody();
  b.onMessage = (number) => {
    if (number === 20) b.connect(nobody);
    if (number < 20) b.send(a.id, control(number + 1));
  };
  a.onMessage = (number) => a.send(b.id, control(number + 1));
  a.send(b.id, control(0));
  await eventually(world, () => b.dials.length === 1);
  t.deepEqual(byLane(a, b, 0).control, [1, 3, 5, 7, 9, 11, 13, 15, 17, 19]);
  t.false(a.reentered || b.reentered);
}

async function dropsTheUnroutable(t: ExecutionContext, world: NetworkWorld): Promise<void> {
  const a = await ContractNode.start(world, 0);
  const b = await ContractNode.start(world, 1);
  a.send(b.id, control(1));
  a.send(b.id, media(1, 1000));
  a.disconnect(b.id, 'idle');
  await world.advance(100);
  t.deepEqual([a.inputs, b.inputs], [[], []]);
}

async function backpressure(t: ExecutionContext, world: NetworkWorld): Promise<void> {
  const [a, b] = await pair(world);
  if (world.stall === undefined || world.resume === undefined) {
    t.pass('this network has no slow readers');
    return;
  }
  world.stall(b.id);
  let sent = 0;
  while (!a.changes(b.id).includes('congested full') && sent < 20) {
    a.send(b.id, media(sent++, CHUNK_BYTES));
    await world.advance(1);
  }
  t.true(sent >= 4 && sent < 10, `congested after ${sent} chunks of ${CHUNK_BYTES} bytes`);
  t.false(a.changes(b.id).includes('writable drained'));
  world.resume(b.id);
  await eventually(world, () => b.received(a.id).length === sent);
  await eventually(world, () => a.changes(b.id).length === 3);
  t.deepEqual(a.changes(b.id), ['up dialled', 'congested full', 'writable drained']);
}
