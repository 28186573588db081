/**
 * What the environment says of the Hugging Face Hub: the variables that Python's `huggingface_hub` reads, with the same
 * defaults, so that both find the same cache and the same token.
 */
import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { InputError } from '../errors';

export interface HubSettings {
  /** Address without a slash at its end. */
  readonly endpoint: string;
  /** The host, as messages name it. */
  readonly host: string;
  /** The folder of the cache, one folder a repository in it. */
  readonly cache: string;
  /** Never to stand in a message. */
  readonly token?: string;
  readonly offline: boolean;
}

export type Environment = Readonly<Record<string, string | undefined>>;

const ENDPOINT = 'https://huggingface.co';

/** @throws InputError where `HF_ENDPOINT` is no address, or the token is none that a header can carry */
export function hubSettings(environment: Environment = process.env): HubSettings {
  const endpoint = endpointOf(environment.HF_ENDPOINT || ENDPOINT);
  const home = expanded(
    environment.HF_HOME || join(environment.XDG_CACHE_HOME || '~/.cache', 'huggingface'),
    environment,
  );
  return {
    endpoint,
    host: new URL(endpoint).host,
    // Whole, since paths in it are kept in plans, and notebooks start in folders of their own.
    cache: resolve(
      expanded(
        environment.HF_HUB_CACHE || environment.HUGGINGFACE_HUB_CACHE || join(home, 'hub'),
        environment,
      ),
    ),
    token: tokenOf(environment, home),
    offline: /^(1|on|yes|true)$/i.test(environment.HF_HUB_OFFLINE || environment.TRANSFORMERS_OFFLINE || ''),
  };
}

function endpointOf(text: string): string {
  const expected = `expected an address such as ${ENDPOINT}`;
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    throw new InputError(`HF_ENDPOINT: found ${JSON.stringify(text)}, ${expected}`);
  }
  // A password would find its way into messages.
  if (url.username || url.password || url.search || url.hash)
    throw new InputError(`HF_ENDPOINT: found more than host and path, ${expected}`);
  if (!/^https?:$/.test(url.protocol))
    throw new InputError(`HF_ENDPOINT: found ${JSON.stringify(text)}, ${expected}`);
  return url.href.replace(/\/+$/, '');
}

function tokenOf(environment: Environment, home: string): string | undefined {
  const [token, from] = environment.HF_TOKEN?.trim()
    ? [environment.HF_TOKEN, 'HF_TOKEN']
    : environment.HUGGING_FACE_HUB_TOKEN?.trim()
      ? [environment.HUGGING_FACE_HUB_TOKEN, 'HUGGING_FACE_HUB_TOKEN']
      : tokenInFile(expanded(environment.HF_TOKEN_PATH || join(home, 'token'), environment));
  const trimmed = token?.trim();
  if (!trimmed) return undefined;
  if (!/^[\x21-\x7e]+$/.test(trimmed))
    throw new InputError(`${from}: found characters that no token has; expected one line, such as hf_…`);
  return trimmed;
}

function tokenInFile(file: string): [string | undefined, string] {
  try {
    return [readFileSync(file, 'utf8'), file];
  } catch {
    return [undefined, file];
  }
}

/** With `~` and variables replaced, as Python does: container files and `.env` files have them unreplaced. */
function expanded(path: string, environment: Environment): string {
  return path
    .replace(/^~(?=$|[\\/])/, () => homedir())
    .replace(/\$(?:(\w+)|\{(\w+)\})/g, (found, plain, braced) => environment[plain ?? braced] ?? found);
}
