import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@playwright/test';
import { openPage } from './page.ts';

const work = mkdtempSync(join(tmpdir(), 'manabi-bad-'));
test.afterAll(() => rmSync(work, { recursive: true }));

function file(name: string, content: string): string {
  const path = join(work, name);
  writeFileSync(path, content);
  return path;
}

test('bad data files get a message in the language of the page and change nothing', async ({ page }) => {
  await page.goto('/');
  const data = page.getByRole('region', { name: 'データ', exact: true });
  const drop = page.getByLabel('学習データ ファイルを選ぶ');
  const alert = page.getByRole('alert');
  await drop.setInputFiles(file('x.csv', 'question,answer\n富士山,山'));
  await expect(alert).toContainText('x.csv: CSV のようです');
  await drop.setInputFiles(file('half.json', '{"data": ['));
  await expect(alert).toContainText('half.json: JSON として読めません');
  await drop.setInputFiles(file('empty.json', ''));
  await expect(alert).toContainText('empty.json: ファイルが空です');
  const big = file('big.json', '');
  truncateSync(big, 300 * 2 ** 20);
  await drop.setInputFiles(big);
  await expect(alert).toContainText('big.json: 300 MB');
  const qa = (answer: string) => ({
    id: answer,
    question: 'どこ？',
    answers: [{ text: answer, answer_start: 0 }],
  });
  const paragraphs = [{ context: '富士山は日本にある。', qas: [qa('月'), qa('富士山')] }];
  await drop.setInputFiles(file('some.json', JSON.stringify({ data: [{ paragraphs }] })));
  await expect(data.getByText('some.json')).toBeVisible();
  // A row that cannot be used is told with its place and what to do.
  await page.getByText('使えない 1 行を除外').click();
  await expect(page.getByText('答えが answer_start の位置にない (1)')).toBeVisible();
  await expect(page.getByText('data[0].paragraphs[0].qas[0]')).toBeVisible();
  await expect(page.getByText('文章の先頭から数えた文字数')).toBeVisible();
  await drop.setInputFiles(file('shape.json', '{"data": 3}'));
  await expect(alert).toContainText('shape.json: data');
  await expect(data.getByText('some.json')).toBeVisible();
  await page.getByRole('button', { name: 'English' }).click();
  await expect(alert).toContainText('should be of type array');
});

test('bad model folders name the file and the remedy', async ({ page }) => {
  await openPage(page);
  const alert = page.getByRole('alert');
  const folder = (name: string, change: (path: string) => void) => {
    const path = join(work, name);
    cpSync('public/model', path, { recursive: true });
    change(path);
    return path;
  };
  const pick = page.getByLabel('フォルダーを選ぶ');
  await pick.setInputFiles(folder('no-config', (path) => rmSync(join(path, 'config.json'))));
  await expect(alert).toContainText('config.json');
  await pick.setInputFiles(
    folder('no-tokenizer', (path) => {
      for (const name of ['tokenizer.json', 'spm.model']) rmSync(join(path, name));
    }),
  );
  await expect(alert).toContainText('トークナイザー');
  await pick.setInputFiles(
    folder('bert', (path) => {
      const config = JSON.parse(readFileSync(join(path, 'config.json'), 'utf8')) as object;
      writeFileSync(join(path, 'config.json'), JSON.stringify({ ...config, model_type: 'bert' }));
    }),
  );
  await expect(alert).toContainText('bert');
  await pick.setInputFiles(folder('cut', (path) => truncateSync(join(path, 'model.safetensors'), 100_000)));
  await expect(alert).toContainText('model.safetensors');
  await expect(page.getByRole('region', { name: 'モデル', exact: true })).toContainText(
    '組み込みの小さなモデル',
  );
});

test('broken and hostile checkpoints are refused by name, and the page goes on', async ({ page }) => {
  await openPage(page);
  const alert = page.getByRole('alert');
  const others = readdirSync('public/model').filter((name) => name !== 'model.safetensors');
  const bad = 'src/parity/fixtures/formats/bad';
  const files = readdirSync(bad);
  expect(files.length).toBeGreaterThan(15);
  for (const name of files) {
    const paths = [`${bad}/${name}`, ...others.map((other) => `public/model/${other}`)];
    await page.getByLabel('モデル ファイルを選ぶ').setInputFiles(paths);
    await expect(alert).toContainText(`${name}: `, { timeout: 60_000 });
    await alert.getByRole('button', { name: '閉じる' }).click();
  }
  await expect(page.getByRole('region', { name: 'モデル', exact: true })).toContainText(
    '組み込みの小さなモデル',
  );
  await page.getByLabel('max_train_samples').fill('8');
  await page.getByLabel('max_eval_samples').fill('2');
  await page.getByRole('button', { name: '評価する' }).click();
  await expect(page.locator('.table tbody tr')).toHaveCount(2, { timeout: 60_000 });
});
