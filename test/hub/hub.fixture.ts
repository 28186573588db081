/** A fake Hub and an empty cache for each test of a file, both gone after it. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, sep } from 'node:path';
import type { Patience } from 'ner-distill/hub/requests';
import type { HubOptions, HubProgress } from 'ner-distill/hub/snapshot';
import { afterEach } from 'vitest';
import { type FakeHub, type FakeRepository, fakeHub } from './fake-hub';

export const IMPATIENT: Patience = { tries: 3, firstWait: 1, longestWait: 2000, silence: 400 };

const left: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of left.splice(0)) await end();
});

export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'hub-'));
  left.push(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export async function openHub(
  repositories: Readonly<Record<string, FakeRepository>>,
  settings?: Parameters<typeof fakeHub>[1],
): Promise<FakeHub> {
  const hub = await fakeHub(repositories, settings);
  left.push(() => hub.close());
  return hub;
}

/** Options for a Hub and a cache, which write down what they are told. */
export function optionsFor(
  hub: { readonly url: string },
  home: string,
  variables: Record<string, string> = {},
) {
  const progress: HubProgress[] = [];
  const notices: string[] = [];
  const options: HubOptions = {
    environment: { HF_ENDPOINT: hub.url, HF_HOME: home, ...variables },
    patience: IMPATIENT,
    onProgress: each => progress.push(each),
    onNotice: each => notices.push(each),
  };
  return { ...options, progress, notices };
}

/** Paths of all files below a folder, links not followed, with `/`. */
export function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter(entry => !entry.isDirectory())
    .map(entry => join(entry.parentPath ?? entry.path, entry.name).slice(folder.length + 1))
    .map(path => path.split(sep).join('/'))
    .sort();
}
