import { cpSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@playwright/test';

const work = mkdtempSync(join(tmpdir(), 'manabi-bad-'));
test.afterAll(() => rmSync(work, { recursive: true }));

function file(name: string, content: string): string {
  const path = join(work, name);
  writeFileSync(path, content);
  return path;
}

test('bad data files get a message in the language of the page and change nothing', async ({ page }) => {
  await page.goto('/');
  const drop = page.getByLabel('学習データ', { exact: true });
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
  await expect(page.getByText('some.json')).toBeVisible();
  await expect(page.getByText('除外 1 (答えが answer_start の位置にない)')).toBeVisible();
  await drop.setInputFiles(file('shape.json', '{"data": 3}'));
  await expect(alert).toContainText('shape.json: data');
  await expect(page.getByText('some.json')).toBeVisible();
  await page.getByRole('button', { name: 'English' }).click();
  await expect(alert).toContainText('should be of type array');
});

test('bad model folders name the file and the remedy', async ({ page }) => {
  await page.goto('/');
  await expect(page.locator('.badge')).toBeVisible({ timeout: 60_000 });
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
  await expect(page.getByText('組み込みの小さなモデル')).toBeVisible();
});
