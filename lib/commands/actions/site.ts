/** Writes the web site of a study. */
import { join } from 'node:path';
import { buildSite, type SiteOptions } from '../../notebook/site';
import { shown } from '../../shown';

export function writeSite(options: SiteOptions): void {
  buildSite(options);
  process.stdout.write(`Open ${shown(join(options.out, 'index.html'))}\n`);
}
