import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { JSDOM } from 'jsdom';
import { figureHtml } from 'ner-distill/report/embed';
import { figure1 } from 'ner-distill/report/figures';
import { writeOutputs } from 'ner-distill/report/outputs';
import { sentencesHtml, sentencesText } from 'ner-distill/report/sentence-view';
import { formatValue, heading, tableHtml, tableText } from 'ner-distill/report/table-view';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { study } from './study.fixture';

const HOSTILE = '</script><img src=x onerror="alert(1)"> & "co"';
let folder: string;
let page: Document;
let text: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'report-test-'));
  await writeOutputs(
    { ...study, corpus: HOSTILE, criticalTypes: ['PER', '<b>ORG</b>'] },
    folder,
    `node ${HOSTILE}`,
  );
  text = await readFile(join(folder, 'report.html'), 'utf8');
  page = new JSDOM(text).window.document;
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('writeOutputs', () => {
  it('writes tables, figures and the report', async () => {
    expect((await readdir(folder)).sort()).toEqual([
      'figure1.svg',
      'figure2.svg',
      'figure3.svg',
      'figure4.svg',
      'report.html',
      'runs.csv',
      'table1.csv',
      'table2.csv',
    ]);
    expect(await readFile(join(folder, 'table1.csv'), 'utf8')).toMatch(/^model,parameters,latency_mean_ms,/);
  });
});

describe('the report', () => {
  it('has the tables, four figures with a picture each, the runs and the versions', () => {
    const headings = [...page.querySelectorAll('h2')].map(element => element.textContent);
    expect(headings).toEqual([
      'What was run',
      'Table 1. Quality and resources',
      'Table 2. The sweep over β',
      'Figures',
      'Runs',
      'Versions',
    ]);
    expect(
      [...page.querySelectorAll('table')].map(table => table.querySelectorAll('tbody tr').length),
    ).toEqual([4, 8, 9]);
    expect(page.querySelectorAll('figure [data-figure] svg.main-svg')).toHaveLength(4);
    for (const run of study.runs) expect(page.body.textContent).toContain(run.id);
  });

  it('escapes every text', () => {
    expect(page.querySelectorAll('img, [onerror], h1 b')).toHaveLength(0);
    expect(page.title).toContain(HOSTILE);
    expect(page.querySelector('pre')?.textContent).toBe(`node ${HOSTILE}`);
    expect(page.querySelector('dl')?.textContent).toContain('<b>ORG</b>');
  });

  it('loads nothing from elsewhere', () => {
    expect(page.querySelectorAll('[src], link, iframe')).toHaveLength(0);
    for (const element of page.querySelectorAll('[href]')) expect(element.getAttribute('href')).toMatch(/^#/);
  });

  it('has scripts that parse, one for Plotly and one a figure', () => {
    const scripts = [...page.querySelectorAll('script')].map(script => script.textContent ?? '');
    expect(scripts).toHaveLength(5);
    for (const script of scripts.slice(1)) expect(() => new Function(script)).not.toThrow();
  });
});

describe('figureHtml', () => {
  it('holds an image with words and a script that waits for Plotly', () => {
    const html = figureHtml(figure1(study), '<svg xmlns="http://www.w3.org/2000/svg"/>');
    const image = new JSDOM(html).window.document.querySelector('img');
    expect(image?.getAttribute('src')).toMatch(/^data:image\/svg\+xml;base64,PHN2Zy/);
    expect(image?.alt).toContain('teacher: F1, all types 90.85 (paper 90.82)');
  });
});

describe('tables for reading', () => {
  it('have headings and numbers in the unit of the column', () => {
    expect(heading('paper_f1_critical_percent')).toBe('paper: F1 critical, %');
    expect(heading('latency_mean_ms')).toBe('latency mean, ms');
    expect(formatValue('f1_percent', 91.3456)).toBe('91.35');
    expect(formatValue('parameters', 66369801)).toBe('66,369,801');
    expect(formatValue('latency_ms', 4.4)).toBe('4.40');
    expect(formatValue('seed', 2024)).toBe('2024');
    expect(formatValue('beta', 0.1)).toBe('0.1');
    expect(formatValue('coverage_percent', null)).toBe('–');
  });

  it('escape text in HTML and line up in characters', () => {
    const rows = [
      { word: '<b>', count: 1200 },
      { word: 'longer', count: null },
    ];
    expect(tableHtml(rows)).toContain('&#60;b&#62;');
    expect(tableText(rows)).toBe('word    count\n<b>     1,200\nlonger      –');
    expect(tableText([])).toBe('no rows');
  });
});

describe('marked sentences', () => {
  const sentence = {
    words: ['<Ann>', 'Lee', 'joined', 'Acme'],
    tags: { gold: ['B-PER', 'I-PER', 'O', 'B-ORG'], student: ['B-PER', 'O', 'O', 'O'] },
  };

  it('name the entities in brackets in text', () => {
    expect(sentencesText([sentence])).toBe(
      'gold: [PER <Ann> Lee] joined [ORG Acme]\nstudent: [PER <Ann>] Lee joined Acme',
    );
  });

  it('mark and escape them in HTML', () => {
    const { document } = new JSDOM(sentencesHtml([sentence])).window;
    expect([...document.querySelectorAll('mark')].map(mark => mark.textContent)).toEqual([
      '<Ann> Lee PER',
      'Acme ORG',
      '<Ann> PER',
    ]);
  });
});
