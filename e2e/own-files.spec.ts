import { cpSync, mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@playwright/test';
import { LocalHub } from './local-hub.ts';
import { openPage } from './page.ts';

test('dropped JSON files and a dropped model folder are evaluated', async ({ page }) => {
  await openPage(page);
  // A drop as the browser makes it: a DataTransfer with the file.
  for (const [label, file] of [
    ['学習データ', 'train.json'],
    ['評価データ', 'valid.json'],
  ]) {
    const text = readFileSync(`public/sample/${file}`, 'utf8');
    const transfer = await page.evaluateHandle(
      ([name, content]) => {
        const made = new DataTransfer();
        made.items.add(new File([content], `my-${name}`, { type: 'application/json' }));
        return made;
      },
      [file, text],
    );
    await page.locator('.drop', { hasText: label }).dispatchEvent('drop', { dataTransfer: transfer });
  }
  // The second did not wait until the first was read.
  for (const file of ['my-train.json', 'my-valid.json']) {
    await expect(page.getByRole('region', { name: 'データ', exact: true })).toContainText(file);
  }
  const folder = join(mkdtempSync(join(tmpdir(), 'manabi-')), 'my-model');
  cpSync('public/model', folder, { recursive: true });
  await page.getByLabel('フォルダーを選ぶ').setInputFiles(folder);
  await expect(page.getByRole('region', { name: 'モデル', exact: true })).toContainText('my-model');
  await page.getByLabel('max_train_samples').fill('8');
  await page.getByLabel('max_eval_samples').fill('4');
  await page.getByRole('button', { name: '評価する' }).click();
  await expect(page.locator('.table tbody tr')).toHaveCount(4, { timeout: 120_000 });
  await page.getByText('モデルが読む最初の行').click();
  await expect(page.getByText(/^\[CLS\] ?.*\[SEP\]$/)).toBeVisible();
  await expect(page.getByRole('region', { name: 'モデル', exact: true })).toContainText('my-model');
  await page.getByRole('searchbox').fill('まず見つからない言葉');
  await expect(page.locator('.table tbody tr')).toHaveCount(0);
});

test('a model is fetched from a hub, goes on after a break, and is kept for the next visit', async ({
  page,
}) => {
  const hub = new LocalHub();
  const base = await hub.start();
  try {
    await openPage(page);
    const fetchModel = async (id: string) => {
      await page.getByText('Hugging Face から取得').click();
      await page.getByLabel('ハブの URL').fill(base);
      await page.getByLabel('モデルの ID').fill(id);
      await page
        .getByRole('region', { name: 'モデル', exact: true })
        .getByRole('button', { name: '取得する' })
        .click();
    };
    // What a card says of its model, and other makers.
    const modelSection = page.getByRole('region', { name: 'モデル', exact: true });
    await page.getByText('Hugging Face から取得').click();
    await expect(page.getByLabel('モデルの ID')).toHaveValue('ku-nlp/deberta-v2-base-japanese');
    await expect(modelSection).toContainText('Juman++');
    for (const maker of ['globis-university', 'izumi-lab', 'KoichiYasuoka']) {
      await modelSection.getByRole('button', { name: maker }).click();
      await expect(page.getByLabel('モデルの ID')).toHaveValue(new RegExp(`^${maker}/deberta-`));
      await expect(modelSection).not.toContainText('Juman++');
    }
    await page.reload();
    await fetchModel('local/nothing');
    await expect(page.getByRole('alert')).toContainText('local/nothing');
    await expect(page.getByRole('region', { name: 'モデル', exact: true })).toContainText(
      '組み込みの小さなモデル',
    );

    // Each of the list says what it would take here, as far as the hub tells; the others are named.
    const list = page.getByRole('list', { name: 'よく使うモデル' });
    await expect(list.getByRole('listitem').first()).toContainText(
      /ダウンロード [\d.]+ MiB.*メモリー [\d.]+ MiB.*時間 (約 \d+ |1 )分/,
    );
    await expect(page.getByText(/deberta-v2-large-japanese.*ハブから読めません/)).toBeVisible();
    await list.getByRole('button', { name: 'ku-nlp/deberta-v2-tiny-japanese' }).click();
    await expect(page.getByLabel('モデルの ID')).toHaveValue('ku-nlp/deberta-v2-tiny-japanese');

    await page.reload();
    hub.breakAfter = 1_000_000;
    await fetchModel('local/small');
    await expect(page.getByRole('alert')).toContainText('model.safetensors', { timeout: 60_000 });
    hub.breakAfter = null;
    await page
      .getByRole('region', { name: 'モデル', exact: true })
      .getByRole('button', { name: '取得する' })
      .click();
    await expect(page.getByText('1,996,418')).toBeVisible({ timeout: 60_000 });
    await expect(page.getByRole('alert')).toHaveCount(0);
  } finally {
    hub.stop();
  }
  // The hub is gone; the model is in the store.
  await page.reload();
  await page.getByText('Hugging Face から取得').click();
  await page.getByLabel('ハブの URL').fill(base);
  await page.getByLabel('モデルの ID').fill('local/small');
  await page
    .getByRole('region', { name: 'モデル', exact: true })
    .getByRole('button', { name: '取得する' })
    .click();
  await expect(page.getByText('1,996,418')).toBeVisible({ timeout: 60_000 });
  await page.getByText('ダウンロードしたファイル').click();
  const stored = page.locator('.runs li', { hasText: 'local/small' });
  await stored.getByRole('button', { name: '削除' }).click();
  await stored.getByRole('button', { name: '本当に削除' }).click();
  await expect(stored).toHaveCount(0);
});
