// The reference page is held to what the program does: its formulas are read, its error texts are compared.
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import {
  FormulaError,
  formatCaret,
  functionNames,
  parseFormula,
  reservedWords,
  type FormulaContext,
} from '../../src/expression/mod.js';
import { exampleContext } from './contexts.js';

const page = readFileSync(new URL('../../docs/formula-language.md', import.meta.url), 'utf8');

function blocks(language: string): string[] {
  return [...page.matchAll(/```(\w+)\n([^]*?)\n```/g)].filter((m) => m[1] === language).map((m) => m[2]);
}

test.each(blocks('formula'))('formula %s', (source) => {
  expect(parseFormula(source, exampleContext()).varies).toBe(true);
});

test.each(blocks('rate'))('rate %s', (source) => {
  const context = exampleContext();
  const sourcePotential = parseFormula('0.5*((x - a)^2 + (y - b)^2) + h', context);
  const targetPotential = context.builder.toSide(sourcePotential, 'target');
  const rate: FormulaContext = { ...context, edge: { sourcePotential, targetPotential } };
  expect(parseFormula(source, rate).varies).toBe(true);
});

test.each(blocks('error'))('error %s', (text) => {
  const source = text.split('\n')[1].trim();
  let shown = 'no error';
  try {
    parseFormula(source, exampleContext());
  } catch (error) {
    if (error instanceof FormulaError) shown = formatCaret(error, source);
  }
  expect(shown).toBe(text);
});

test('every function and reserved word is on the page', () => {
  for (const name of functionNames) expect(page).toContain(`\`${name}(`);
  for (const word of reservedWords) expect(page).toContain(word);
});
