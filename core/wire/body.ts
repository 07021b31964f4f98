import type { Message } from '../message.js';
import type { Reader } from './reader.js';
import type { Sink } from './writer.js';

/** How the body of one kind of message travels. `read` reports what it dislikes to the reader and never throws. */
export interface BodyCodec<M extends Message> {
  /** Second byte of the frame. Numbers are only ever added. */
  readonly tag: number;
  write(sink: Sink, message: M): void;
  read(reader: Reader): M;
}

/** Names in the order of their numbers on the wire; a name without a number does not compile. */
export function numbered<T extends string>(numbers: Readonly<Record<T, number>>): readonly T[] {
  const names: T[] = [];
  for (const name of Object.keys(numbers) as T[]) names[numbers[name]] = name;
  return names;
}
