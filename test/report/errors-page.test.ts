/** The page of errors: numbers lead to sentences, with and without scripts, and nothing in a text is taken for HTML. */
import { JSDOM } from 'jsdom';
import { analyseErrors } from 'ner-distill/evaluation/errors';
import { type ErrorsPage, errorsPage } from 'ner-distill/report/errors-page';
import { factsCsv } from 'ner-distill/report/facts-csv';
import { beforeAll, describe, expect, it } from 'vitest';

const HOSTILE = '</script><img src=x onerror="alert(1)">';
const sentences = [
  { words: ['Ann', 'met', 'Bo'], gold: ['B-PER', 'O', 'B-PER'], predicted: ['B-PER', 'O', 'B-ORG'], line: 1 },
  { words: ['Acme', HOSTILE], gold: ['B-ORG', 'O'], predicted: ['O', `B-${'PER'}`], line: 5 },
  { words: ['Bo', 'left'], gold: ['B-PER', 'O'], predicted: ['B-PER', 'O'], line: 8 },
  { words: ['nobody'], gold: ['O'], predicted: ['O'], line: 11 },
];
const train = [{ words: ['Bo'], tags: ['B-PER'] }];

async function pageOf(
  changes: Partial<ErrorsPage> = {},
): Promise<{ text: string; open: (hash: string) => Document }> {
  const of = changes.sentences ?? sentences;
  const critical = ['PER'];
  const analysis = analyseErrors(of, { critical, train });
  const text = await errorsPage({
    title: `Errors of ${HOSTILE}`,
    sentences: of,
    analysis,
    critical,
    train,
    ...changes,
  });
  const open = (hash: string): Document => {
    const { window } = new JSDOM(text, {
      url: `http://localhost/${hash}`,
      runScripts: 'dangerously',
      beforeParse: page => {
        page.Element.prototype.scrollIntoView = () => undefined;
      },
    });
    return window.document;
  };
  return { text, open };
}

/** The page of the sentences above, made once. */
let usual: Awaited<ReturnType<typeof pageOf>>;
beforeAll(async () => {
  usual = await pageOf();
});

const shownIn = (page: Document): string[] =>
  [...page.querySelectorAll('article')]
    .filter(article => !(article as HTMLElement).hidden)
    .map(article => /sentence \d+/.exec(article.textContent ?? '')?.[0] ?? '');
const linkOf = (page: Document, row: string, column: string): string => {
  for (const table of page.querySelectorAll('table.numbers')) {
    const columns = [...table.querySelectorAll('thead th')].map(th => th.textContent);
    const found = [...table.querySelectorAll('tbody tr')].find(
      tr => tr.firstElementChild?.textContent === row,
    );
    const at = columns.indexOf(column);
    const link = at > 0 && found?.children[at]?.querySelector('a');
    if (link) return link.getAttribute('href') ?? '';
  }
  throw new Error(`no number in ${row}, ${column}`);
};

describe('the page', () => {
  it('has all sentences with entities, and of a number that is followed its own alone', () => {
    const { open } = usual;
    const page = open('');
    expect(shownIn(page)).toEqual(['sentence 1', 'sentence 2', 'sentence 3']);
    expect(shownIn(open(linkOf(page, 'PER', 'correct')))).toEqual(['sentence 1', 'sentence 3']);
    expect(shownIn(open(linkOf(page, 'PER', 'wrong type')))).toEqual(['sentence 1']);
    expect(shownIn(open(linkOf(page, 'seen with this type', 'not found')))).toEqual(['sentence 1']);
    const missed = open(linkOf(page, 'ORG', 'missed'));
    expect(shownIn(missed)).toEqual(['sentence 2']);
    expect(missed.getElementById('chosen')?.textContent).toBe('ORG: missed: 1 sentence (all sentences)');
  });

  it('leads from the numbers of the confusion figure, too', () => {
    const { open } = usual;
    const links = [...open('').querySelectorAll('svg a')].map(a => a.getAttribute('xlink:href') ?? '');
    expect(links).toHaveLength(4);
    const shown = links.map(link => shownIn(open(link)).join());
    expect(shown.sort()).toEqual(['sentence 1', 'sentence 1,sentence 3', 'sentence 2', 'sentence 2']);
  });

  it('has sentences with errors first, the right ones folded up, and unfolds these where a number leads to them', () => {
    const { open } = usual;
    const page = open('');
    const folded = page.querySelector('details');
    expect(folded?.textContent).toContain('sentence 3');
    expect(folded?.querySelectorAll('article')).toHaveLength(1);
    expect(folded?.open).toBe(false);
    expect(open(linkOf(page, 'PER', 'correct')).querySelector('details')?.open).toBe(true);
    expect(open(linkOf(page, 'PER', 'wrong type')).querySelector('details')?.hidden).toBe(true);
  });

  it('searches words, within the sentences of a number, too', () => {
    const { open } = usual;
    const page = open('');
    const search = (of: Document, text: string) => {
      const field = of.querySelector('input') as HTMLInputElement;
      field.value = text;
      field.dispatchEvent(new of.defaultView!.Event('input'));
    };
    search(page, ' bo ');
    expect(shownIn(page)).toEqual(['sentence 1', 'sentence 3']);
    expect(page.getElementById('chosen')?.textContent).toBe('“bo”: 2 sentences');
    const correct = open(linkOf(page, 'PER', 'correct'));
    search(correct, 'left');
    expect(shownIn(correct)).toEqual(['sentence 3']);
    search(correct, '');
    expect(shownIn(correct)).toEqual(['sentence 1', 'sentence 3']);
  });

  it('has a place for every link, so that it works without scripts', () => {
    const { text } = usual;
    const page = new JSDOM(text).window.document;
    const links = [...page.querySelectorAll('a[href^="#"], svg a')].map(
      a => a.getAttribute('href') ?? a.getAttribute('xlink:href') ?? '',
    );
    expect(links.length).toBeGreaterThan(10);
    for (const link of links)
      expect([link, page.getElementById(link.slice(1)) !== null]).toEqual([link, true]);
  });

  it('takes no text for HTML and loads nothing', () => {
    const { text, open } = usual;
    expect(text).not.toContain('<img');
    expect(text).not.toMatch(/(src|href)="(https?:)?\/\//);
    expect(open('').querySelector('h1')?.textContent).toContain('onerror');
  });

  it('marks the entities of gold and prediction, and says what went wrong', () => {
    const { open } = usual;
    const [first] = open('').querySelectorAll('article');
    expect(first.querySelector('p')?.textContent).toBe(
      'sentence 1, line 1: wrong type: PER “Bo” predicted as ORG “Bo”',
    );
    expect([...first.querySelectorAll('mark')].map(mark => mark.textContent)).toEqual([
      'Ann PER',
      'Bo PER',
      'Ann PER',
      'Bo ORG',
    ]);
  });

  it('keeps sentences with errors where not all find room, and says how many are left out', async () => {
    const { open } = await pageOf({ mostSentences: 2 });
    expect(shownIn(open(''))).toEqual(['sentence 1', 'sentence 2']);
    expect(open('').body.textContent).toContain('holds 2 sentences; 1 more with entities are left out');
  });

  it('lists what was confused where there are more types than the figure shows', async () => {
    const type = (i: number) => `B-T${String(i).padStart(2, '0')}`;
    const many = Array.from({ length: 66 }, (_, i) => ({
      words: ['w'],
      gold: [type(i)],
      predicted: [i === 65 ? 'O' : type(i + 1)],
    }));
    const { text, open } = await pageOf({ sentences: many });
    const page = open('');
    const table = [...page.querySelectorAll('table.numbers')].find(each =>
      each.textContent?.includes('T65missed1'),
    );
    expect(table?.querySelectorAll('tbody tr')).toHaveLength(66);
    expect(shownIn(open(table!.querySelectorAll('a')[40].hash))).toEqual(['sentence 41']);
    // A few links and a sentence for each type, not a cell for each two.
    expect(text.length).toBeLessThan(400_000);
  });

  it('can be made of predictions without any entity', async () => {
    const { open } = await pageOf({ sentences: [sentences[3]] });
    expect(shownIn(open(''))).toEqual([]);
  });
});

it('lost-facts.csv has its header also where there is no fact', () => {
  const header = 'fate,type,text,sentence,first_word,last_word,teacher,student\r\n';
  expect(factsCsv([])).toBe(header);
  const fact = { fate: 'lost' as const, type: 'ORG', text: 'A, B', sentence: 1, first_word: 1, last_word: 3 };
  expect(factsCsv([{ ...fact, teacher: 'ORG A, B', student: null }])).toBe(
    `${header}lost,ORG,"A, B",1,1,3,"ORG A, B",\r\n`,
  );
});
