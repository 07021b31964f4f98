import type { AnyEffect, AnyInput, Step } from '../../experiments/replay/alone.js';
import { recordOf } from '../../sim/inputs.js';

/** What the columns of a log of one node mean; printed above it. */
export const LOG_LEGEND = [
  'number of the input; virtual time, or time since the start of the node, in seconds;',
  '< what it was told: m message, p peer, d dial, w wake-up, c command; from or about whom;',
  '> what it wanted done, in order: send, connect, disconnect, play (epoch/number), reply, persist; xN for N alike in a row',
].join('\n');

/** One input and its effects on one line. */
export function logLine(number: number, { at, input, effects }: Step): string {
  const done = effectsText(effects);
  return `${String(number).padStart(6)} ${(at / 1e6).toFixed(6).padStart(12)} < ${inputText(input).padEnd(34)}${done === '' ? '' : ` > ${done}`}`.trimEnd();
}

function inputText(input: AnyInput): string {
  const { what, peer } = recordOf(0, '', input, 0);
  const letter = input.type.slice(0, 1);
  return [letter, what, short(peer ?? '')].filter((part) => part !== '').join(' ');
}

function effectsText(effects: readonly AnyEffect[]): string {
  const parts: { text: string; times: number }[] = [];
  for (const effect of effects) {
    const text = effectText(effect);
    const last = parts.at(-1);
    if (last?.text === text) last.times++;
    else parts.push({ text, times: 1 });
  }
  return parts.map(({ text, times }) => (times > 1 ? `${text} x${times}` : text)).join(', ');
}

function effectText(effect: AnyEffect): string {
  switch (effect.type) {
    case 'send':
      return `send ${effect.message.type} ${short(effect.to)}`;
    case 'connect':
      return `connect ${short(effect.to.node ?? effect.to.address)}`;
    case 'disconnect':
      return `disconnect ${short(effect.peer)} ${effect.code}`;
    case 'play':
      return `play ${effect.chunk.epoch}/${effect.chunk.seq}`;
    case 'reply':
      return `reply ${effect.result.ok ? 'ok' : effect.result.why}`;
    case 'persist':
      return 'persist';
  }
}

/** Ids of live nodes are long; the first letters tell them apart. */
function short(name: string): string {
  return /^[a-z2-7]{40,}$/.test(name) ? name.slice(0, 8) : name;
}
