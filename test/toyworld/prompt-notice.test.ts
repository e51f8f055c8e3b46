/** Words that the shipped model does not know are named, in one line, by every way in. */

import { readFile } from 'node:fs/promises';
import { describe, expect, it, vi } from 'vitest';
import { generate } from '../../src/generate.ts';
import { parseConfigText } from '../../src/model/parse-config.ts';
import { promptNotice } from '../../src/pipeline/prompt-notice.ts';
import { runHere } from '../cli/run.ts';

/** Of all lines on the standard error those about words. The commands end early, at a file that is not there. */
async function wordLines(...args: string[]): Promise<string[]> {
  const { stderr } = await runHere(...args);
  expect(stderr).toMatch(/absent\.gif/);
  return stderr.split('\n').filter((line) => line.includes('does not know'));
}

describe('unknown words', () => {
  it('are named by the commands, with the words that the model knows', async () => {
    const lines = await wordLines('generate', 'a purple circle hopping', '--negative', 'ugly', '--from-image', 'absent.gif');
    const line = /^note: this model does not know 'purple', 'hopping', 'ugly'; .*red, green.*triangle.*gray$/;
    expect(lines).toEqual([expect.stringMatching(line)]);
    const story = await wordLines('interact', 'a red circle', 'a striped square', 'a blob', '--from-video', 'absent.gif');
    expect(story).toEqual([expect.stringMatching(/'striped', 'blob'/)]);
    expect(await wordLines('generate', 'a red circle moving up', '--from-image', 'absent.gif')).toEqual([]);
    expect(await wordLines('interact', 'a red circle', '--from-video', 'absent.gif')).toEqual([]);
  });

  it('are named by the library', async () => {
    const notices: string[] = [];
    const onNotice = (line: string): void => void notices.push(line);
    await generate({ prompt: 'a green dragon', frames: 1, onNotice });
    expect(notices).toEqual([expect.stringMatching(/^this model does not know 'dragon'/)]);
    const warn = vi.spyOn(console, 'warn').mockReturnValue();
    await generate({ prompt: 'a green square', frames: 1 });
    expect(warn).not.toHaveBeenCalled();
    warn.mockRestore();
  });

  it('are none for a model that may know any', async () => {
    const text = await readFile('fixtures/models/toy/config.json', 'utf8');
    const config = parseConfigText(text, 'config.json');
    expect(config.vocabulary).toBe('toyworld');
    const general = { ...(JSON.parse(text) as object), vocabulary: null };
    expect(promptNotice(parseConfigText(JSON.stringify(general), 'config.json'), ['dragons'])).toBeUndefined();
    expect(() => parseConfigText(JSON.stringify({ ...general, vocabulary: 'latin' }), 'config.json')).toThrow(/config\.json\.vocabulary: expected 'toyworld'/);
  });
});
