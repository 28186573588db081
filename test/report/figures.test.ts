import { JSDOM } from 'jsdom';
import { figure1, figure2, figure3, figure4 } from 'ner-distill/report/figures';
import { renderSvg } from 'ner-distill/report/render';
import { describe, expect, it } from 'vitest';
import { rounded, run, study } from './study.fixture';

const all = { figure1, figure2, figure3, figure4 };

describe('figures', () => {
  for (const [name, figure] of Object.entries(all))
    it(`${name} is the specification that was looked at`, () =>
      expect(rounded(figure(study))).toMatchSnapshot());

  it("show the paper's numbers only where the corpus is the paper's", () => {
    const withPaper = (corpus: string) => /paper/.test(JSON.stringify(figure1({ ...study, corpus }).data));
    expect(withPaper('conll2003')).toBe(true);
    expect(withPaper('sample')).toBe(false);
  });

  it('can be made of a study in which little or nothing was run', async () => {
    const teacher = run({ role: 'teacher', overall: [1, 1], critical: [1, 1] });
    const given = { ...teacher, seed: null, given: 'logits' as const, parameters: null, bytes: null };
    for (const runs of [[], [teacher], [given]])
      for (const figure of Object.values(all))
        expect(await renderSvg(figure({ ...study, runs }))).toContain('</svg>');
  });

  it('have room for a long name of a student, of a corpus and for many critical types', () => {
    const [teacher] = study.runs;
    const student = 'of all the layers that we have tried the one and only that is worth its name';
    const runs = [teacher, { ...teacher, role: 'vanilla', student, beta: 0, latency: null } as const];
    const odd: typeof study = {
      ...study,
      corpus: 'corpus-'.repeat(30),
      criticalTypes: Array.from({ length: 66 }, (_, i) => `TYPE${i}`),
      runs,
      students: [
        { name: 'student', sweep: true },
        { name: student, sweep: false },
      ] as never,
    };
    const { yaxis, title } = figure2(odd).layout as unknown as {
      yaxis: { ticktext: string[] };
      title: { text: string };
    };
    expect(title.text).toBe(
      'Figure 2. Critical types (TYPE0, TYPE1, TYPE2, TYPE3, T…) on the test split of corpus-corpus-corpus-corpus-c…',
    );
    expect(yaxis.ticktext.at(-1)).toBe(
      'vanilla student<br>(of all the layers that<br>we have tried the one<br>and only that is worth…',
    );
  });

  it('show the deviation over seeds', () => {
    const runs = [0.9, 0.94].map((f1, seed) =>
      run({ role: 'vanilla', seed, overall: [f1, f1], critical: [f1, f1] }),
    );
    const [dot] = figure1({ ...study, runs, corpus: 'sample' }).data;
    expect(rounded(dot)).toMatchObject({ x: [92], error_x: { array: [2.8284] } });
  });

  it('keep the labels of equal latencies apart', () => {
    const { annotations } = figure3(study).layout as unknown as { annotations: { y: number }[] };
    const heights = annotations.map(label => label.y).sort((a, b) => a - b);
    for (let i = 1; i < heights.length; i++) expect(heights[i] - heights[i - 1]).toBeGreaterThan(0.5);
  });
});

describe('renderSvg', () => {
  it('draws text, marks and a clip path that it refers to', async () => {
    const svg = await renderSvg(figure1(study));
    expect(svg).toMatch(/^<svg [^>]*xmlns="http:\/\/www.w3.org\/2000\/svg"/);
    expect(svg).toContain('91.35');
    for (const [, id] of svg.matchAll(/url\('?#([^')]+)'?\)/g)) expect(svg).toContain(`id="${id}"`);
  });

  it('sets the finding below the title, and gives every line the width that it was measured with', async () => {
    const { document } = new JSDOM(await renderSvg(figure1(study))).window;
    const [title, finding] = ['.gtitle', '.gtitle-subtitle'].map(name =>
      document.querySelector(`text${name}`),
    );
    const [above, below] = [title, finding].map(text => Number(text?.getAttribute('y')));
    expect(below - above).toBeGreaterThan(15);
    const number = [...document.querySelectorAll('text')].find(({ textContent }) => textContent === '91.35');
    // A digit of Helvetica has 556 thousandths of an em, a point 278: (4 · 556 + 278) ÷ 1000 · 14 pixels.
    expect(number?.getAttribute('textLength')).toBe('35.0');
    for (const text of document.querySelectorAll('text'))
      expect(text.outerHTML).toContain('lengthAdjust="spacingAndGlyphs"');
  });

  it('gives the same text for the same figure and no id twice among figures', async () => {
    const svgs = await Promise.all(Object.values(all).map(figure => renderSvg(figure(study))));
    const again = await Promise.all(Object.values(all).map(figure => renderSvg(figure(study))));
    expect(again.join() === svgs.join()).toBe(true);
    const ids = svgs.flatMap(svg => [...svg.matchAll(/ id="([^"]+)"/g)].map(match => match[1]));
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('escapes names', async () => {
    const svg = await renderSvg(figure1({ ...study, corpus: '<script>alert(1)</script> & co' }));
    expect(svg).not.toContain('<script');
    expect(svg).toContain('&amp; co');
  });
});
