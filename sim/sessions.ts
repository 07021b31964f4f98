import type { Rng } from '../core/machine.js';
import type { Time } from '../core/units.js';
import { exp, exponential, gamma, gammaFunction, log, lognormal, pow, weibull } from './distributions.js';
import type { Scenario } from './scenario/shape.js';

type Sessions = Scenario['sessions'];

/** Mean time from join to leave; null where everybody stays. */
export function meanSession(model: Sessions): Time | null {
  switch (model.model) {
    case 'stay':
      return null;
    case 'exponential':
      return model.mean;
    case 'lognormal':
      return model.median * exp((model.sigma * model.sigma) / 2);
    case 'weibull':
      return model.scale * gammaFunction(1 + 1 / model.shape);
  }
}

/** Time that somebody stays who comes now; null where everybody stays. */
export function drawSession(model: Sessions, rng: Rng): Time | null {
  switch (model.model) {
    case 'stay':
      return null;
    case 'exponential':
      return exponential(rng, model.mean);
    case 'lognormal':
      return lognormal(rng, log(model.median), model.sigma);
    case 'weibull':
      return weibull(rng, model.shape, model.scale);
  }
}

/**
 * Time that somebody stays on who is met at a random moment: long sessions are met more often than short ones, and at
 * any point of them. An audience that begins with such rests keeps its size when as many come as a mean session tells.
 */
export function drawRest(model: Sessions, rng: Rng): Time | null {
  switch (model.model) {
    case 'stay':
    case 'exponential':
      return drawSession(model, rng);
    case 'lognormal':
      return rng.next() * lognormal(rng, log(model.median) + model.sigma * model.sigma, model.sigma);
    case 'weibull':
      return rng.next() * model.scale * pow(gamma(rng, 1 + 1 / model.shape), 1 / model.shape);
  }
}
