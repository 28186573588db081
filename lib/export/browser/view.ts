/** The page itself: what the reader types goes to the worker, and what comes back is shown. */
import { counted } from '../../listed';
import type { Answer, PageData, PlacedEntity, Request, TaggedText } from './messages';

/** How long a reader pauses before a text is tagged. */
const PAUSE_MILLISECONDS = 300;

const data: PageData = JSON.parse(document.querySelector('[data-name="page"]')!.textContent!);
const [text, form, status, trouble, bar, output, table] = [
  '#text',
  'form',
  '#status',
  '#trouble',
  'progress',
  '#output',
  '#entities',
].map(selector => document.querySelector<HTMLElement>(selector)!) as [
  HTMLTextAreaElement,
  HTMLFormElement,
  HTMLElement,
  HTMLElement,
  HTMLProgressElement,
  HTMLElement,
  HTMLElement,
];

/** The text that was asked for last, and what it was. */
let asked = { id: 0, text: '' };
let timer: ReturnType<typeof setTimeout> | undefined;
let threads = 1;

form.addEventListener('submit', event => event.preventDefault());
if (location.protocol === 'file:')
  fail(
    'Browsers load a model only from a server: run "npx http-server" or "python3 -m http.server" in the folder of this page, and open the address that it names.',
  );
else {
  const worker = new Worker('page/worker.js', { type: 'module' });
  const send = (request: Request) => worker.postMessage(request);
  worker.addEventListener('message', ({ data }: MessageEvent<Answer>) => take(data));
  worker.addEventListener('error', ({ message }) =>
    fail(`The model cannot be used: ${message || 'page/worker.js cannot be loaded'}.`),
  );
  const ask = () => {
    clearTimeout(timer);
    asked = { id: asked.id + 1, text: text.value };
    send({ kind: 'tag', ...asked });
  };
  form.addEventListener('submit', ask);
  text.addEventListener('input', () => {
    clearTimeout(timer);
    timer = setTimeout(ask, PAUSE_MILLISECONDS);
  });
  text.addEventListener('keydown', event => {
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) ask();
  });
  status.textContent = 'The model is being loaded …';
  send({ kind: 'open', model: data.model, base: document.baseURI });
  ask();
}

function take(answer: Answer): void {
  switch (answer.kind) {
    case 'loading':
      progress('Bytes of the model', answer.done, answer.total);
      return;
    case 'ready':
      threads = answer.threads;
      bar.hidden = true;
      return;
    case 'failed':
      fail(`The model cannot be used: ${answer.why}.`);
      return;
    case 'tagging':
      if (answer.id === asked.id) progress('Words that are tagged', answer.done, answer.total);
      return;
    case 'tagged':
      if (answer.id === asked.id) show(answer, answer.milliseconds);
      return;
    default:
      answer satisfies never;
  }
}

function fail(why: string): void {
  status.textContent = '';
  trouble.textContent = why;
  bar.hidden = true;
}

function progress(label: string, done: number, total: number): void {
  bar.hidden = false;
  bar.max = total;
  bar.value = done;
  bar.setAttribute('aria-label', label);
}

function show({ entities, words }: TaggedText, milliseconds: number): void {
  bar.hidden = true;
  trouble.textContent = '';
  output.replaceChildren(...marked(asked.text, entities));
  table.hidden = entities.length === 0;
  table.querySelector('tbody')!.replaceChildren(...entities.map(row));
  const critical = entities.filter(({ type }) => data.types[type].critical).length;
  const found = counted(entities.length, 'entity', 'entities');
  status.textContent =
    words === 0
      ? 'There is no text to tag.'
      : `${found}${critical > 0 ? `, ${critical} of them critical` : ''}, in ${counted(words, 'word')}: ` +
        `${milliseconds.toFixed(milliseconds < 10 ? 1 : 0)} ms with ${counted(threads, 'thread')}.`;
}

/** The text with its entities as marks; a line is an element, which has the direction of its own text. */
function marked(text: string, entities: readonly PlacedEntity[]): HTMLElement[] {
  let offset = 0;
  let next = 0;
  return text.split('\n').map(line => {
    const element = make('p', '', { dir: 'auto' });
    const end = offset + line.length;
    let at = offset;
    for (; next < entities.length && entities[next].start <= end; next++) {
      const entity = entities[next];
      element.append(text.slice(at, entity.start), mark(entity));
      at = entity.end;
    }
    element.append(text.slice(at, end));
    offset = end + 1;
    return element;
  });
}

function mark(entity: PlacedEntity): HTMLElement {
  const { name, colour, critical } = data.types[entity.type];
  const element = make('mark', '', { class: critical ? 'critical' : '' });
  element.style.background = colour;
  const said = [name, ...(critical ? ['critical'] : []), percent(entity.confidence)];
  element.append(
    make('bdi', asked.text.slice(entity.start, entity.end)),
    ' ',
    make('span', said.join(', '), { dir: 'ltr' }),
  );
  return element;
}

function row(entity: PlacedEntity): HTMLElement {
  const { name, critical } = data.types[entity.type];
  const element = make('tr');
  const words = make('th', '', { scope: 'row' });
  words.append(make('bdi', asked.text.slice(entity.start, entity.end)));
  element.append(
    words,
    make('td', critical ? `${name}, critical` : name),
    make('td', percent(entity.confidence), { class: 'number' }),
  );
  return element;
}

/** An element with a text, which is text whatever it holds. */
function make(tag: string, text = '', attributes: Readonly<Record<string, string>> = {}): HTMLElement {
  const element = document.createElement(tag);
  element.textContent = text;
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
}

/** Rounded down, so that only what is certain is 100 %; in one line. */
function percent(fraction: number): string {
  return `${(Math.floor(1000 * fraction) / 10).toFixed(1)}\u00a0%`;
}
