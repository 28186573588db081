/** What a terminal would show of a stream of text: progress lines that overwrite themselves leave their last state. */

// biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences begin with a control character
const TOKENS = /\x1b\[([\d;]*)([A-Za-z])|[\r\n\b]|[^\r\n\b\x1b]+|\x1b/g;

/** Takes text in pieces as it comes, an escape sequence never cut in two; `text` is what stands there now. */
export class Terminal {
  private finished: string[] = [];
  /** One entry a column of the last line: a character with the colour sequences before it. */
  private line: string[] = [];
  private column = 0;
  private colour = '';

  write(text: string): void {
    for (const [token, parameter, command] of text.matchAll(TOKENS)) {
      if (token === '\r') this.column = 0;
      else if (token === '\b') this.column = Math.max(0, this.column - 1);
      else if (token === '\n') this.endLine();
      else if (command === 'K') this.erase(parameter);
      else if (command === 'm') this.colour += token;
      else if (command === undefined && token !== '\x1b') this.put(token);
    }
  }

  get text(): string {
    return this.finished.join('') + this.line.join('') + this.colour;
  }

  private put(characters: string): void {
    for (const character of characters) {
      while (this.line.length < this.column) this.line.push(' ');
      this.line[this.column++] = this.colour + character;
      this.colour = '';
    }
  }

  private endLine(): void {
    this.finished.push(`${this.line.join('')}${this.colour}\n`);
    this.line = [];
    this.column = 0;
    this.colour = '';
  }

  /** Erase in line: 0 to the end, 1 to the cursor, 2 all of it. */
  private erase(parameter: string): void {
    if (parameter === '' || parameter === '0') this.line.length = Math.min(this.line.length, this.column);
    else if (parameter === '2') this.line = [];
    else
      for (let column = 0; column <= this.column && column < this.line.length; column++)
        this.line[column] = ' ';
  }
}
