import { expect, test, type Page } from '@playwright/test';
import { openPage } from './page.ts';

/** Workers that can be asked: a thread of the processor waits in its kernels and answers nobody. */
const listening = (page: Page) => page.workers().filter((worker) => !/\/thread/.test(worker.url()));

/** From now on every worker keeps its newest GPUDevice where the test can lose it. */
async function keepDevices(page: Page): Promise<void> {
  for (const worker of listening(page)) {
    await worker.evaluate(() => {
      const { prototype } = GPUAdapter;
      const { requestDevice } = prototype;
      prototype.requestDevice = async function (...options) {
        const device = await requestDevice.apply(this, options);
        Object.assign(globalThis, { newestDevice: device });
        return device;
      };
    });
  }
}

async function loseDevice(page: Page): Promise<void> {
  for (const worker of listening(page)) {
    await worker.evaluate(() =>
      (globalThis as unknown as { newestDevice?: GPUDevice }).newestDevice?.destroy(),
    );
  }
}

interface Entry {
  step: number;
  loss?: number;
  eval_loss?: number;
}

/** The log of the only run, as it is stored. */
function storedLog(page: Page): Promise<Entry[]> {
  return page.evaluate(
    () =>
      new Promise<Entry[]>((resolve, reject) => {
        const opening = indexedDB.open('manabi');
        opening.addEventListener('error', () => reject(opening.error));
        opening.addEventListener('success', () => {
          const reading = opening.result.transaction('metrics').objectStore('metrics').getAll();
          reading.addEventListener('error', () => reject(reading.error));
          reading.addEventListener('success', () => {
            opening.result.close();
            resolve(reading.result as Entry[]);
          });
        });
      }),
  );
}

test('a run goes on by itself from its last checkpoint when the GPU is lost in its middle', async ({
  page,
}) => {
  await openPage(page);
  await keepDevices(page);
  await page.getByText('本物の GPU を使うには').click();
  await page.getByRole('button', { name: 'それでも WebGPU を使う' }).click();
  await expect(page.locator('.badge')).toContainText(/swiftshader/i);
  await page.getByLabel('max_train_samples').fill('16');
  await page.getByLabel('max_eval_samples').fill('2');
  await page.getByLabel('num_train_epochs').fill('2');
  await page.getByRole('button', { name: 'サンプルで試す' }).click();
  await expect(page.locator('[data-memory=fits]')).toContainText('MiB', { timeout: 5 * 60_000 });

  // Step 2 ended the first epoch with a checkpoint; step 3 will be done twice.
  const figures = page.locator('.figures');
  await expect(figures).toContainText('3 / 4', { timeout: 10 * 60_000 });
  const before = await storedLog(page);
  await loseDevice(page);
  await expect(page.getByText('GPU との接続が失われました')).toBeVisible({ timeout: 60_000 });
  await expect(page.locator('.runs li').first()).toContainText('完了', { timeout: 10 * 60_000 });
  await expect(figures).toContainText('4 / 4');
  expect(await page.getByRole('alert').allTextContents()).toEqual([]);

  const after = await storedLog(page);
  const steps = after.flatMap(({ step, loss }) => (loss === undefined ? [] : [step]));
  expect(steps).toEqual([1, 2, 3, 4]);
  const third = (log: Entry[]) => log.find(({ step, loss }) => step === 3 && loss !== undefined);
  expect(third(after)).toEqual(third(before));
  // The page is whole: the model that came back answers.
  await expect(page.locator('.table tbody tr')).toHaveCount(2, { timeout: 5 * 60_000 });

  await expect(page.getByText('学習が終わりました')).toBeVisible({ timeout: 5 * 60_000 });
  // Lost again while nothing goes on: the next work, be it that of a key, tells it or finds the trained model back already.
  await loseDevice(page);
  const cells = page.locator('.table tbody tr').first().locator('td');
  const [question, context, , predicted] = (await cells.allTextContents()).map((text) => text.trim());
  await page.getByRole('textbox', { name: '文章' }).fill(context);
  await page.getByRole('textbox', { name: '質問', exact: true }).fill(question);
  const ask = page.getByRole('region', { name: '自分の文章で試す' });
  await page.getByRole('button', { name: '答えを探す' }).click();
  const told = ask.getByRole('alert').filter({ hasText: 'GPU との接続が失われました' });
  await expect(told.or(ask.locator('.answers li').first())).toBeVisible({ timeout: 60_000 });
  await page.getByRole('button', { name: '答えを探す' }).click();
  await expect(page.locator('.answers li strong').first()).toHaveText(predicted, { timeout: 5 * 60_000 });
});
