// "Did you mean": the nearest of the known names. Not a spell checker: where nothing is near, it says nothing.

import { distance } from 'fastest-levenshtein';

/** The known name nearest to `name`, or undefined where none is near enough to be what was meant. */
export function nearestName(name: string, known: Iterable<string>): string | undefined {
  const wanted = name.slice(0, 100).toLowerCase();
  // A third of the letters may differ, at least one and at most three: "particels" finds "particles", "x" does not find "y".
  const limit = wanted.length < 2 ? 0 : Math.min(3, Math.max(1, Math.floor(wanted.length / 3)));
  let best: string | undefined;
  let bestDistance = limit + 1;
  for (const candidate of known) {
    if (Math.abs(candidate.length - wanted.length) > limit) continue;
    // Letters in another order count as one slip: "rnig" is "ring".
    const reordered = sortedLetters(wanted) === sortedLetters(candidate.toLowerCase());
    const d = reordered
      ? Math.min(1, distance(wanted, candidate.toLowerCase()))
      : distance(wanted, candidate.toLowerCase());
    if (d < bestDistance) {
      best = candidate;
      bestDistance = d;
    }
  }
  return best;
}

const sortedLetters = (word: string): string => Array.from(word).sort().join('');

/** A hint of the form `did you mean "ring"?`, or the list of what is known, cut to a readable length. */
export function suggest(name: string, known: Iterable<string>, what = 'allowed'): string {
  const all = [...known];
  const nearest = nearestName(name, all);
  if (nearest !== undefined) return `did you mean "${nearest}"?`;
  const shown = all.slice(0, 12).join(', ');
  return `${what}: ${shown}${all.length > 12 ? `, … (${all.length} in all)` : ''}`;
}
