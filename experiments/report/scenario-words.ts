import { figure } from '../../viz/charts/units.js';
import type { Fault } from '../../sim/faults.js';
import { SECOND, type Time } from '../../core/units.js';
import type { Scenario, UplinkModel } from '../../sim/scenario/shape.js';

/** What a scenario is about, in a few sentences. */
export function scenarioInWords(scenario: Scenario): string[] {
  const { viewers, duration, ramp, stream, helpers, resourceIndex, network, crashShare, title } = scenario;
  const index =
    resourceIndex === null
      ? ''
      : ` Uplinks are scaled so that all of them together carry the stream ${resourceIndex} times.`;
  return [
    ...(title === 'untitled' ? [] : [`${title[0]?.toUpperCase()}${title.slice(1)}.`]),
    `${viewers} viewers for ${time(duration)}: ${arrivals(scenario, ramp)}; ${sessions(scenario)}. Of those who leave, ${percent(crashShare)} crash without a word.${cliff(scenario)}`,
    `The stream: ${figure(stream.bitrate, 'bits')} in chunks of ${time(stream.chunkTime)}, a keyframe every ${time(stream.keyframeEvery)}, dealt to ${stream.substreams} sub-stream${stream.substreams === 1 ? '' : 's'}. Players show a chunk ${time(stream.targetLag)} behind the source; it counts when complete within ${time(stream.deadline)}.`,
    `The publisher lends ${uplink(scenario.publisher.uplink)}; viewers: ${classes(scenario)}.${index}${helpers === null ? '' : ` Helpers relay for it: ${helpers.count ?? `as many as raise the index to ${helpers.resourceIndex}`}, each with ${uplink(helpers.uplink)}.`}${delays(scenario)} The network loses ${percent(network.loss)} of all segments, which connections turn into delay.`,
    scenario.faults.length === 0
      ? 'No faults but those of churn.'
      : `Faults: ${scenario.faults.slice(0, 12).map(faultInWords).join('; ')}${scenario.faults.length > 12 ? `; and ${scenario.faults.length - 12} more` : ''}.`,
  ];
}

/** A duration as people say it. */
export function time(value: Time): string {
  if (value < SECOND) return `${Number((value / 1000).toPrecision(4))} ms`;
  const seconds = value / SECOND;
  if (seconds < 120 || (seconds < 1000 && seconds % 60 !== 0)) return `${Number(seconds.toPrecision(3))} s`;
  return `${Number((seconds / 60).toPrecision(3))} min`;
}

/** One entry of the fault plan. */
export function faultInWords(fault: Fault): string {
  const { at, kind, target, region, param, share, for: lasts, every, until, replace } = fault;
  return [
    `${kind} of ${share == null ? '' : `${percent(share)} of `}${target}`,
    ...(region == null ? [] : [`in ${region}`]),
    ...(param == null ? [] : [`(${param})`]),
    `at ${time(at)}`,
    ...(lasts == null ? [] : [`for ${time(lasts)}`]),
    ...(every == null ? [] : [`and every ${time(every)}${until == null ? '' : ` until ${time(until)}`}`]),
    ...(replace === true ? ['each replaced'] : []),
  ].join(' ');
}

function arrivals({ arrivals: how }: Scenario, ramp: Time): string {
  if (how.model === 'ramp') return `they arrive within ${time(ramp)}, later ones replace those who leave`;
  if (how.model === 'trace') return `${how.visits.length} visits from a trace, at most that many at once`;
  return `${percent(how.initial)} of them arrive within ${time(ramp)}, the crowd comes at ${time(how.at)} within ${time(how.within)}`;
}

function sessions({ sessions: how, arrivals: { model } }: Scenario): string {
  if (model === 'trace') return 'each goes when the trace says';
  const known = JSON.stringify(how);
  if (how.model === 'stay') return 'everybody stays';
  if (how.model === 'exponential') return `they stay for an exponential time, ${time(how.mean)} in the mean`;
  if (how.model === 'lognormal')
    return `they stay for a lognormal time (median ${time(how.median)}, sigma ${how.sigma})`;
  if (how.model === 'weibull') return `they stay for a Weibull time (shape ${how.shape}, scale ${time(how.scale)})`;
  return `sessions ${known}`;
}

function cliff({ cliff: fall }: Scenario): string {
  return fall === null
    ? ''
    : ` At ${time(fall.at)} ${percent(fall.share)} of those present leave within ${time(fall.within)}.`;
}

function delays({ network: { latency } }: Scenario): string {
  return latency === null ? '' : ` Delays come from a matrix of ${latency.places.length} places.`;
}

function classes({ classes: all, capacities }: Scenario): string {
  if (capacities !== null) return `lines from a table of ${capacities.length} rows`;
  return all
    .map(({ share, name, uplink: own }) => `${all.length === 1 ? '' : `${percent(share)} ${name} with `}${uplink(own)}`)
    .join(', ');
}

function uplink(model: UplinkModel): string {
  switch (model.model) {
    case 'fixed':
      return figure(model.rate, 'bits');
    case 'factor':
      return `${model.value} times the bitrate`;
    case 'lognormal':
      return `lognormal uplinks (median ${figure(model.median, 'bits')}, sigma ${model.sigma})`;
    default:
      return JSON.stringify(model);
  }
}

function percent(share: number): string {
  return `${Number((share * 100).toPrecision(3))} %`;
}
