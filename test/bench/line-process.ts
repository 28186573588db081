/** A peer in a process of its own that answers a JSON line with a JSON line, so that a benchmark can take turns with it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

export class LineProcess {
  private readonly child: ChildProcess;
  private readonly answers: AsyncIterator<string>;

  constructor(
    command: string,
    args: readonly string[],
    private readonly name: string,
  ) {
    this.child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] });
    this.answers = createInterface({ input: this.child.stdout! })[Symbol.asyncIterator]();
  }

  async ask<Answer>(request: object): Promise<Answer> {
    this.child.stdin?.write(`${JSON.stringify(request)}\n`);
    const { value, done } = await this.answers.next();
    if (done) throw new Error(`the peer ${this.name} ended`);
    return JSON.parse(value) as Answer;
  }

  close(): void {
    this.child.kill();
  }
}
