/** Words that the shipped model does not know are named, in one line, by every way in. */

import { readFile } from 'node:fs/promises';
import { describe, expect, it, vi } from 'vitest';
import { generate } from '../../src/generate.ts';
import { folderFiles } from '../../src/model/folder.ts';
import { parseConfigText } from '../../src/model/parse-config.ts';
import { promptReader } from '../../src/model/prompt-reader.ts';
import { promptNotices } from '../../src/pipeline/prompt-notice.ts';
import { runHere } from '../cli/run.ts';

/** Of all lines on the standard error those about words. The commands end early, at a file that is not there. */
async function wordLines(...args: string[]): Promise<string[]> {
  const { stderr } = await runHere(...args);
  expect(stderr).toMatch(/absent\.gif/);
  return stderr.split('\n').filter((line) => line.includes('does not know'));
}

describe('unknown words', () => {
  it('are named by the commands, with the words that the model knows', async () => {
    const lines = await wordLines('generate', 'a mauve circle hopping', '--negative', 'ugly', '--from-image', 'absent.gif');
    const line = (words: string): unknown => {
      return expect.stringMatching(new RegExp(`^note: this model does not know ${words}.*red, green.*triangle.*gray`));
    };
    expect(lines).toEqual([line("'mauve', 'hopping'"), line("'ugly'")]);
    const story = await wordLines('interact', 'a red circle', 'a striped square', 'a blob', '--from-video', 'absent.gif');
    expect(story).toEqual([line("'striped'"), line("'blob'")]);
    expect(await wordLines('generate', 'A red circle moving up.', '--from-image', 'absent.gif')).toEqual([]);
    expect(await wordLines('interact', 'a red circle', '--from-video', 'absent.gif')).toEqual([]);
  });

  it('are named by the library', async () => {
    const notices: string[] = [];
    const onNotice = (line: string): void => void notices.push(line);
    await generate({ prompt: 'a green quokka', frames: 1, onNotice });
    expect(notices).toEqual([expect.stringMatching(/^this model does not know .quokka.*left open, so the seed chose .a green /)]);
    const warn = vi.spyOn(console, 'warn').mockReturnValue();
    await generate({ prompt: 'Green square, on black, moving up!', frames: 1 });
    expect(warn).not.toHaveBeenCalled();
    warn.mockRestore();
  });

  it('are none for a model that may know any', async () => {
    const text = await readFile('fixtures/models/toy/config.json', 'utf8');
    expect(parseConfigText(text, 'config.json').vocabulary).toBe('toyworld');
    const general = { ...(JSON.parse(text) as object), vocabulary: null };
    const readPrompt = await promptReader(parseConfigText(JSON.stringify(general), 'config.json'), folderFiles('nowhere'));
    expect(promptNotices({ readPrompt }, { prompts: ['Dragons!'] })).toEqual([]);
    expect(readPrompt('Dragons!', { seed: 1 })).toEqual({ text: 'Dragons!' });
    expect(() => parseConfigText(JSON.stringify({ ...general, vocabulary: 'latin' }), 'config.json')).toThrow(/config\.json\.vocabulary: expected 'toyworld'/);
    await expect(promptReader({ vocabulary: 'emoji' }, folderFiles('nowhere'))).rejects.toThrow('names.json: no such file');
  });
});
