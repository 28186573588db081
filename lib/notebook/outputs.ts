/** Gathers what a kernel publishes for a cell as outputs of the notebook format (nbformat 4). */
import type { KernelMessage } from './kernel';
import { Terminal } from './terminal';

/** An output of a cell as it stands in an `.ipynb` file. */
export type Output =
  | { output_type: 'stream'; name: 'stdout' | 'stderr'; text: string[] }
  | { output_type: 'display_data'; data: MimeBundle; metadata: object }
  | { output_type: 'execute_result'; data: MimeBundle; metadata: object; execution_count: number | null }
  | { output_type: 'error'; ename: string; evalue: string; traceback: string[] };
/** Representations of one thing by their mime type: text in lines, JSON types as objects. */
export type MimeBundle = Record<string, unknown>;

interface OpenStream {
  readonly name: 'stdout' | 'stderr';
  readonly terminal: Terminal;
}
type Gathered = OpenStream | Exclude<Output, { output_type: 'stream' }>;

/** Displays of one notebook by their display id, so that a later cell can update an earlier display. */
export type Displays = Map<string, { data: MimeBundle; metadata: object }[]>;

/** The outputs of one cell. */
export class CellOutputs {
  private readonly gathered: Gathered[] = [];
  /** All that the cell wrote to stderr, as it came. */
  stderr = '';

  constructor(private readonly displays: Displays) {}

  add({ type, content }: KernelMessage): void {
    if (type === 'stream') this.addStream(content.name as 'stdout' | 'stderr', String(content.text));
    else if (type === 'display_data' || type === 'execute_result') this.addDisplay(type, content);
    else if (type === 'update_display_data') this.update(content);
    else if (type === 'error')
      this.addError(String(content.ename), String(content.evalue), content.traceback as string[]);
  }

  addError(name: string, message: string, traceback: string[] = message.split('\n')): void {
    this.gathered.push({ output_type: 'error', ename: name, evalue: message, traceback });
  }

  /** The outputs as they are saved. */
  toJSON(): Output[] {
    return this.gathered.map(output =>
      'terminal' in output
        ? { output_type: 'stream', name: output.name, text: linesOf(output.terminal.text) }
        : output,
    );
  }

  private addStream(name: 'stdout' | 'stderr', text: string): void {
    if (name === 'stderr') this.stderr += text;
    let last = this.gathered.at(-1);
    if (!last || !('terminal' in last) || last.name !== name) {
      last = { name, terminal: new Terminal() };
      this.gathered.push(last);
    }
    last.terminal.write(text);
  }

  private addDisplay(type: 'display_data' | 'execute_result', content: KernelMessage['content']): void {
    const shown = {
      data: savedBundle(content.data as MimeBundle),
      metadata: (content.metadata ?? {}) as object,
    };
    const output =
      type === 'display_data'
        ? { output_type: type, ...shown }
        : { output_type: type, ...shown, execution_count: (content.execution_count as number) ?? null };
    this.gathered.push(output);
    const id = displayId(content);
    if (id) this.displays.set(id, [...(this.displays.get(id) ?? []), output]);
  }

  private update(content: KernelMessage['content']): void {
    const id = displayId(content);
    for (const display of (id && this.displays.get(id)) || []) {
      display.data = savedBundle(content.data as MimeBundle);
      display.metadata = (content.metadata ?? {}) as object;
    }
  }
}

function displayId(content: KernelMessage['content']): string | undefined {
  return (content.transient as { display_id?: string } | undefined)?.display_id;
}

function savedBundle(data: MimeBundle): MimeBundle {
  return Object.fromEntries(
    Object.entries(data).map(([mime, value]) => [mime, isText(mime, value) ? linesOf(value) : value]),
  );
}

function isText(mime: string, value: unknown): value is string {
  return typeof value === 'string' && (mime.startsWith('text/') || mime === 'image/svg+xml');
}

/** Text as the notebook format keeps it: lines with their line ends. */
export function linesOf(text: string): string[] {
  return text.match(/[^\n]*\n|[^\n]+/g) ?? [];
}
