/**
 * The explorer in headless Chromium: its numbers are those of a trace that the command line writes, every view shows itself
 * without an error, and what a reader does to it, with the mouse, by keys, with files good and bad, ends as it should.
 */

import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DEFAULTS, VIEWS } from '../../explorer/state/state.ts';
import { TOUR } from '../../explorer/tour.ts';
import { explorerFolders } from '../../src/cli/explore.ts';
import { readNpz } from '../../src/io/npz.ts';
import { defaultModel } from '../../src/model/default.ts';
import { serveFolders } from '../../src/serve/static-server.ts';
import type { Served } from '../../src/serve/static-server.ts';
import { infinitystar } from '../cli/run.ts';
import { executablePath, launchChromium } from './chromium.ts';

const PATIENCE = 120_000;
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

describe.skipIf(executablePath === undefined)('the explorer', () => {
  const root = mkdtempSync(join(tmpdir(), 'explorer-'));
  const trace = join(root, 'trace');
  let served: Served;
  let browser: Browser;
  let page: Page;
  const problems: string[] = [];

  beforeAll(async () => {
    served = await serveFolders(await explorerFolders(defaultModel()));
    browser = await launchChromium();
    page = await open();
    const made = await infinitystar(root, 'generate', DEFAULTS.prompt, '--out', 'out.gif', '--trace', trace);
    expect(made.stderr).not.toContain('error');
  }, 300_000);

  afterAll(async () => {
    await browser?.close();
    served?.server.close();
    served?.server.closeAllConnections();
    rmSync(root, { recursive: true });
  });

  async function open(hash = '', options: Parameters<Browser['newPage']>[0] = {}): Promise<Page> {
    const fresh = await browser.newPage({ viewport: { width: 1280, height: 900 }, ...options });
    fresh.setDefaultTimeout(PATIENCE);
    fresh.on('pageerror', (error) => problems.push(error.message));
    fresh.on('console', (message) => message.type() === 'error' && problems.push(message.text()));
    await fresh.goto(served.address + hash);
    await fresh.waitForSelector('main[data-live=true]', { timeout: PATIENCE });
    return fresh;
  }

  const show = async (view: string, more = ''): Promise<void> => {
    await page.evaluate((hash) => void (location.hash = hash), `#view=${view}${more}`);
    await page.locator('main section').waitFor();
    await page.waitForFunction((name) => document.querySelector('.tabs [aria-current]')?.textContent?.toLowerCase().includes(name), view);
  };

  it('draws the bits of the command line\'s trace, and has all of its values, bit for bit', async () => {
    const archive = join(trace, 'tensors.npz');
    const values = readNpz(readFileSync(archive), archive);
    const hash = createHash('sha256');
    for (const [name, { data }] of values) if (/rep\d+\/bits$/.test(name)) hash.update(data as Uint8Array);
    expect(await page.getByTestId('digest').textContent()).toBe(hash.digest('hex').slice(0, 16));
    await show('traces');
    await page.locator('input[type=file]:not([webkitdirectory])').first().setInputFiles([join(trace, 'trace.jsonl'), archive]);
    await expect.poll(() => page.getByTestId('compare').textContent(), { timeout: PATIENCE }).toContain(`All ${values.size} common stages are equal`);
  }, 240_000);

  it('says where two traces first part: another seed, at the first bits that are drawn', async () => {
    const other = join(root, 'other');
    await infinitystar(root, 'generate', DEFAULTS.prompt, '--seed', '1', '--out', 'other.gif', '--trace', other);
    await show('traces');
    const files = page.locator('input[type=file]:not([webkitdirectory])');
    for (const [i, folder] of [trace, other].entries()) {
      await files.nth(i).setInputFiles([join(folder, 'trace.jsonl'), join(folder, 'tensors.npz')]);
    }
    await expect.poll(() => page.getByTestId('compare').textContent(), { timeout: PATIENCE })
      .toMatch(/^Trace A against trace BThey first part at \S*scale0\S* \(step S\d/);
  }, 240_000);

  it.each(VIEWS)('%s: shows itself, with its place in the paper and the source, and axe finds nothing serious', async (view) => {
    await show(view, '&clip=1&scale=1&rep=0&token=3&bit=2&other=5');
    await page.locator('.sources summary').click();
    await page.locator('.sources .file').first().click();
    await expect.poll(() => page.locator('dialog.source .here').textContent()).toContain('export');
    await page.getByRole('button', { name: 'Close' }).click();
    await expect.poll(() => page.locator('dialog').count()).toBe(0);
    await page.evaluate(AXE); // not as a script of the page: its policy forbids that
    const found = await page.evaluate<string[]>(`axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) =>
      violations.filter(({ impact }) => impact === 'serious' || impact === 'critical').map(({ id, nodes }) => id + ': ' + nodes[0].html.slice(0, 120)))`);
    expect(found).toEqual([]);
  }, 120_000);

  it('turns a bit: decodes only, or draws all that follows again; the address has it', async () => {
    await show('bits', '&clip=0&scale=0&rep=1');
    await page.getByRole('button', { name: 'Turn the surest bit' }).click();
    await expect.poll(() => page.getByTestId('effect').textContent(), { timeout: PATIENCE }).toMatch(/^1 bits of the run differ/);
    await page.getByLabel('draw all that follows again').check();
    await expect.poll(() => page.getByTestId('effect').textContent(), { timeout: PATIENCE }).toMatch(/^(?!1 )\d+ bits of the run differ/);
    await expect.poll(() => page.url()).toMatch(/flips=1\.\d+&redraw=1/);
    const said = (await page.getByTestId('effect').textContent())!.split(';')[0];
    const again = await open(new URL(page.url()).hash);
    await expect.poll(() => again.getByTestId('effect').textContent(), { timeout: PATIENCE }).toContain(said);
    await again.close();
  }, 300_000);

  it('draws a step again when a slider moves', async () => {
    await show('guidance', '&clip=0&scale=1&rep=0');
    await expect.poll(() => page.getByTestId('redrawn').textContent(), { timeout: PATIENCE }).toMatch(/^0 of 64 bits are others/);
    await page.locator('label.range', { hasText: 'Temperature' }).locator('input').fill('2');
    await expect.poll(() => page.getByTestId('redrawn').textContent(), { timeout: PATIENCE }).toMatch(/^[1-9]\d* of 64 bits are others/);
  }, 240_000);

  it('takes a picture of one\'s own, and says in words what is none', async () => {
    await show('tokenizer');
    const input = page.locator('input[type=file]');
    writeFileSync(join(root, 'bad.png'), 'not a picture <img src=x onerror=alert(1)>');
    await input.setInputFiles(join(root, 'bad.png'));
    await expect.poll(() => page.getByRole('alert').textContent()).toContain('bad.png: no picture that this browser can read');
    await input.setInputFiles(join(import.meta.dirname, '../../docs/images/explorer-bits.png'));
    await expect.poll(() => page.locator('.films.many').textContent(), { timeout: PATIENCE }).toMatch(/4 scales: .*dB/);
    await expect.poll(() => page.locator('.drop').textContent()).toContain('explorer-bits.png');
  }, 240_000);

  it('says in words what is no trace, and nothing from a file becomes HTML', async () => {
    await show('traces');
    const files = page.locator('input[type=file]:not([webkitdirectory])');
    writeFileSync(join(root, 'bad.npz'), 'PK but no archive');
    await files.first().setInputFiles(join(root, 'bad.npz'));
    await expect.poll(() => page.getByRole('alert').textContent()).toContain('bad.npz');
    const hostile = { cases: [{ id: '<img src=x onerror="document.title=1">', level: 'L0', status: 'failed', divergence: { output: '<b>x</b>', step: 'P1', status: 'diverged', causes: [] } }] };
    writeFileSync(join(root, 'report.json'), JSON.stringify(hostile));
    await files.last().setInputFiles(join(root, 'report.json'));
    await expect.poll(() => page.getByTestId('kit').textContent()).toContain('<img src=x');
    expect(await page.locator('main img, main b').count()).toBe(0);
  });

  it('is cancelled, and goes on afterwards', async () => {
    await page.getByLabel('Length').selectOption({ index: 2 });
    await page.getByRole('button', { name: 'Cancel' }).click();
    await expect.poll(() => page.getByRole('alert').textContent(), { timeout: PATIENCE }).toBe('cancelled');
    await page.getByLabel('Length').selectOption('1');
    await expect.poll(() => page.locator('.result').textContent(), { timeout: PATIENCE }).toContain('a picture');
    expect(await page.getByRole('alert').count()).toBe(0);
  }, 300_000);

  it('says in words that there is no such backend', async () => {
    const bare = await browser.newPage();
    await bare.goto(`${served.address}#backend=nothing`);
    await expect.poll(() => bare.getByRole('alert').textContent(), { timeout: PATIENCE }).toContain('there is no backend \'nothing\'');
    await bare.close();
  }, 150_000);

  it('shows the run that came with it while offline from the model', async () => {
    const offline = await browser.newPage();
    await offline.route('**/model/**', (route) => route.abort());
    await offline.goto(served.address);
    await offline.locator('.stage .film').waitFor({ timeout: PATIENCE });
    await expect.poll(() => offline.getByRole('alert').textContent(), { timeout: PATIENCE }).not.toBe('');
    expect(await offline.locator('.result').textContent()).toContain('shown from a file');
    await offline.close();
  }, 150_000);

  it('is led by keys alone, through views, steps and the tour', async () => {
    const keys = await open('#view=pyramid&clip=0&scale=0', { reducedMotion: 'reduce' });
    expect(await keys.getByRole('button', { name: 'Play motion' }).getAttribute('aria-pressed')).toBe('false'); // less motion
    await keys.keyboard.press('ArrowRight');
    await expect.poll(() => keys.locator('.big figcaption').textContent()).toContain('after step 2');
    await keys.keyboard.press('2');
    const grid = keys.locator('canvas.bits');
    await grid.focus();
    await keys.keyboard.press('ArrowRight');
    await expect.poll(() => grid.getAttribute('aria-label')).toContain('Token 0, bit 1 selected');
    await keys.getByRole('button', { name: 'Take the tour' }).focus();
    await keys.keyboard.press('Enter');
    for (const [i, { title }] of TOUR.entries()) {
      await expect.poll(() => keys.locator('.tour h2').textContent()).toBe(title);
      await keys.locator('.tour .primary').focus();
      await keys.keyboard.press('Enter');
      if (i === TOUR.length - 1) await expect.poll(() => keys.locator('.tour').count()).toBe(0);
    }
    await keys.close();
  }, 240_000);

  it.each([[360, 'dark'], [1920, 'light']] as const)('is %i pixels wide without scrolling sideways, %s', async (width, colorScheme) => {
    const sized = await open('', { viewport: { width, height: 800 }, colorScheme });
    for (const view of VIEWS) {
      await sized.evaluate((hash) => void (location.hash = hash), `#view=${view}`);
      await sized.waitForTimeout(300);
      expect(await sized.evaluate(() => document.documentElement.scrollWidth - innerWidth), view).toBeLessThanOrEqual(0);
    }
    await sized.close();
  }, 240_000);

  it('has written no error to the console', () => expect(problems).toEqual([]));
});
