import { readFileSync } from 'node:fs';
import { expect, test, type Page } from '@playwright/test';
import { unzipSync } from 'fflate';
import { HubStandIn } from '../src/export/hub-stand-in.ts';
import { openPage } from './page.ts';
import { serveFiles } from './serve-files.ts';

/** Trains on a few rows, on the processor: what the model answers is for chance. */
async function trainShortly(page: Page): Promise<void> {
  await openPage(page, { max_train_samples: '16', max_eval_samples: '40', num_train_epochs: '1' });
  await page.getByRole('button', { name: 'サンプルで試す' }).click();
  await expect(page.locator('.dock.done')).toBeVisible({ timeout: 5 * 60_000 });
  await page.locator('.dock.done .close').click();
}

async function saved(page: Page, button: string): Promise<Record<string, Uint8Array>> {
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: button }).click(),
  ]);
  return unzipSync(new Uint8Array(readFileSync(await download.path())));
}

test('a trained model is checked as ONNX and taken away as a page that answers without a network', async ({
  page,
  browser,
}) => {
  await trainShortly(page);
  await page.getByRole('button', { name: '作る', exact: true }).click();
  const files = page.getByRole('region', { name: '作ったファイル' });
  await expect(files).toContainText('onnx/model_quantized.onnx', { timeout: 60_000 });
  await page.getByRole('button', { name: '確かめる' }).click();
  const single = page.locator('[data-check=fp32]');
  await expect(page.locator('[data-check=q8]')).toBeVisible({ timeout: 120_000 });
  expect(await page.getByRole('alert').allTextContents()).toEqual([]);
  await expect(single).toContainText('40 問すべてで、このページの計算と一致しました。');
  await expect(single.locator('[data-figure=sameAnswers]')).toHaveText('40 / 40');
  const difference = Number(await single.locator('[data-figure=logits]').textContent());
  expect(difference).toBeLessThan(1e-4);
  const folder = await saved(page, '保存（.zip）');
  const card = new TextDecoder().decode(folder['README.md']);
  expect(card).toMatch(/\| fp32 \| [\d.]+ MB \|/);
  expect(card).toContain('license: apache-2.0\n');
  expect(card).toContain('- train data train.json: cc0-1.0\n');
  expect(card).not.toContain('not known');

  // The only check: nothing but the worker can end it.
  await page.getByLabel('8 ビット').uncheck();
  await page.getByRole('button', { name: '作る', exact: true }).click();
  await expect(single).toHaveCount(0);
  await page.getByRole('button', { name: '確かめる' }).click();
  const dock = page.getByRole('region', { name: '進行状況' });
  await expect(dock).toContainText('作ったファイルを確かめています');
  await dock.getByRole('button').click();
  await expect(page.getByRole('status').filter({ hasText: '取り消し' })).toBeVisible();
  await expect(single).toHaveCount(0);

  await page.getByRole('button', { name: 'Web ページ' }).click();
  await page.getByRole('button', { name: '作る', exact: true }).click();
  await expect(files).toContainText('index.html', { timeout: 60_000 });
  const { address, close } = await serveFiles(await saved(page, '保存（.zip）'));
  const elsewhere: string[] = [];
  const fresh = await browser.newContext();
  await fresh.route('**', (route) => {
    if (route.request().url().startsWith(address)) return route.continue();
    elsewhere.push(route.request().url());
    return route.abort();
  });
  const taken = await fresh.newPage();
  await taken.goto(address);
  await taken.getByLabel('文章').fill('駅は1920年に開業した。');
  await taken.getByLabel('質問').fill('いつ開業しましたか。');
  await expect(taken.locator('mark')).toBeVisible({ timeout: 60_000 });
  expect('駅は1920年に開業した。').toContain(await taken.locator('mark').textContent());
  expect(elsewhere).toEqual([]);
  await fresh.close();
  close();
});

test('the files listed are sent to the hub with a token that is not kept, and are gone with their model', async ({
  page,
}) => {
  const hub = new HubStandIn();
  const address = await hub.start();
  await page.route('https://huggingface.co/**', async (route) => {
    const url = route.request().url().replace('https://huggingface.co', address);
    await route.fulfill({ response: await route.fetch({ url }) });
  });
  await openPage(page);
  await page.getByRole('button', { name: 'Python', exact: true }).click();
  await page.getByRole('button', { name: '作る', exact: true }).click();
  const files = page.getByRole('region', { name: '作ったファイル' });
  await expect(files).toContainText('model.safetensors', { timeout: 60_000 });
  const listed = await files.locator('li code').allTextContents();

  await files.getByText('Hugging Face に送る').click();
  await page.getByLabel('リポジトリ').fill('me/model');
  const token = page.getByLabel('write トークン');
  for (const wrong of ['not-a-token', 'hf_read']) {
    await token.fill(wrong);
    await page.getByRole('button', { name: '送る', exact: true }).click();
    await expect(page.getByRole('alert')).toContainText('このトークンでは書き込めません');
    await expect(token).toHaveValue('');
    await page.getByRole('alert').getByRole('button').click();
  }
  expect(hub.repositories.size).toBe(0);

  const send = async () => {
    await token.fill('hf_write');
    await page.getByRole('button', { name: '送る', exact: true }).click();
  };
  hub.breaks = true;
  await send();
  await expect(page.getByRole('alert')).toContainText('アップロードできませんでした');
  await page.getByRole('alert').getByRole('button').click();
  hub.breaks = false;
  hub.onLargeFile = () => new Promise(() => {});
  await send();
  const dock = page.getByRole('region', { name: '進行状況' });
  await expect(dock).toContainText('送っています');
  await dock.getByRole('button').click();
  await expect(page.getByRole('status').filter({ hasText: '取り消し' })).toBeVisible();
  expect([...(hub.repositories.get('me/model')?.keys() ?? [])]).toEqual([]);
  await expect(files.locator('li code')).toHaveText(listed);

  hub.onLargeFile = () => {};
  await token.fill('hf_write');
  await page.getByRole('button', { name: '送る', exact: true }).click();
  await expect(files.getByRole('link')).toHaveAttribute('href', 'https://huggingface.co/me/model', {
    timeout: 60_000,
  });
  await expect(token).toHaveValue('');
  const sent = hub.repositories.get('me/model');
  expect([...(sent?.keys() ?? [])].toSorted()).toEqual(listed.toSorted());
  expect(new TextDecoder().decode(sent?.get('README.md'))).toContain('model="me/model"');
  hub.stop();

  await page.getByText('くわしい設定').click();
  await page.getByRole('textbox', { name: 'seed' }).fill('7');
  await expect(files).toHaveCount(0);
});
