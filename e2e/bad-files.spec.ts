import { expect, test } from '@playwright/test';

test('bad files get a message and change nothing', async ({ page }) => {
  await page.goto('/');
  const drop = page.getByLabel('学習データ');
  await drop.setInputFiles({
    name: 'x.csv',
    mimeType: 'text/csv',
    buffer: Buffer.from('question,answer\n富士山,山'),
  });
  await expect(page.getByRole('alert')).toContainText('x.csv: CSV のようです');
  await drop.setInputFiles({
    name: 'x.json',
    mimeType: 'application/json',
    buffer: Buffer.from('{"data": 3}'),
  });
  await expect(page.getByRole('alert')).toContainText('x.json: data');
  await page.getByRole('button', { name: 'English' }).click();
  await expect(page.getByRole('alert')).toContainText('should be of type array');
  await page
    .getByLabel('Model files')
    .setInputFiles({ name: 'a.safetensors', mimeType: '', buffer: Buffer.from('nothing') });
  await expect(page.getByText('There is no config.json')).toBeVisible();
  await expect(page.getByText('Built-in sample', { exact: true })).toHaveCount(2);
});
