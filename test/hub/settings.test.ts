/** The environment of the Hub: defaults and precedence as https://huggingface.co/docs/huggingface_hub/package_reference/environment_variables says. */
import { writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { hubSettings } from 'ner-distill/hub/settings';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from './hub.fixture';

describe('the environment of the Hub', () => {
  it.each([
    [{}, join(homedir(), '.cache/huggingface/hub')],
    [{ XDG_CACHE_HOME: '/xdg' }, '/xdg/huggingface/hub'],
    [{ HF_HOME: '/hf', XDG_CACHE_HOME: '/xdg' }, '/hf/hub'],
    [{ HF_HOME: '~/hf' }, join(homedir(), 'hf/hub')],
    [{ HF_HOME: '$BASE/$' + '{SUB}', BASE: '/base', SUB: 'sub' }, '/base/sub/hub'],
    [{ HUGGINGFACE_HUB_CACHE: '/old', HF_HOME: '/hf' }, '/old'],
    [{ HF_HUB_CACHE: '/cache', HUGGINGFACE_HUB_CACHE: '/old', HF_HOME: '/hf' }, '/cache'],
    [{ HF_HUB_CACHE: 'here' }, 'here'],
    [{ HF_HUB_CACHE: '', HF_HOME: '' }, join(homedir(), '.cache/huggingface/hub')],
  ] as [Record<string, string>, string][])('%j has the cache %s', (variables, cache) => {
    expect(hubSettings(variables).cache).toBe(resolve(cache));
  });

  it('has the token of HF_TOKEN, else of the file that HF_TOKEN_PATH or HF_HOME leads to', () => {
    const home = temporaryFolder();
    writeFileSync(join(home, 'token'), 'hf_home\n');
    writeFileSync(join(home, 'other'), 'hf_other');
    expect(hubSettings({ HF_HOME: home }).token).toBe('hf_home');
    expect(hubSettings({ HF_HOME: home, HF_TOKEN_PATH: join(home, 'other') }).token).toBe('hf_other');
    expect(hubSettings({ HF_HOME: home, HF_TOKEN: ' hf_mine ' }).token).toBe('hf_mine');
    expect(hubSettings({ HF_HOME: home, HF_TOKEN: ' ' }).token).toBe('hf_home');
    expect(hubSettings({ HF_HOME: join(home, 'none') }).token).toBeUndefined();
  });

  it.each([
    ['1', true],
    ['ON', true],
    ['yes', true],
    ['True', true],
    ['0', false],
    ['false', false],
    ['', false],
  ])('HF_HUB_OFFLINE=%s is %s', (text, offline) => {
    expect(hubSettings({ HF_HUB_OFFLINE: text }).offline).toBe(offline);
  });

  it.each([
    [undefined, 'https://huggingface.co'],
    ['https://hf-mirror.example/', 'https://hf-mirror.example'],
    ['http://localhost:8080/hub/', 'http://localhost:8080/hub'],
  ])('HF_ENDPOINT=%s asks %s', (text, endpoint) => {
    expect(hubSettings({ HF_ENDPOINT: text }).endpoint).toBe(endpoint);
  });

  it.each(['huggingface.co', 'ftp://x', 'file:///etc', 'https://user:secret@x', 'https://x?token=secret'])(
    'refuses HF_ENDPOINT=%s, without saying what may be secret',
    text => {
      const settings = () => hubSettings({ HF_ENDPOINT: text });
      expect(settings).toThrow(
        /^HF_ENDPOINT: found .*expected an address such as https:\/\/huggingface\.co$/,
      );
      expect(settings).not.toThrow(/secret/);
    },
  );
});
