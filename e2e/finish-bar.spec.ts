import { expect, test } from '@playwright/test';
import { openPage } from './page.ts';

test('the finish bar lies in order at every width, and one of a thing is not called many', async ({
  page,
}) => {
  await openPage(page, { max_train_samples: '8', max_eval_samples: '1', num_train_epochs: '1' });
  await page.getByRole('button', { name: 'English' }).click();
  await expect(page.locator('#plan')).toContainText('The untrained model answers 1 question and is scored.');
  await expect(page.locator('#plan')).toContainText('for 1 epoch.');
  await page.getByRole('button', { name: 'Start training' }).click();
  await expect(page.locator('.dock.done')).toBeVisible({ timeout: 120_000 });
  await expect(page.getByText('of 1 question right')).toBeVisible();

  for (const width of [390, 820, 1440]) {
    await page.setViewportSize({ width, height: 900 });
    const boxes = await page
      .locator('.dock.done')
      .locator('.phase, .gain, .actions > *, .close')
      .evaluateAll((parts) => parts.map((part) => part.getBoundingClientRect().toJSON() as DOMRect));
    for (const [i, a] of boxes.entries()) {
      expect(a.left, `at ${width}`).toBeGreaterThanOrEqual(0);
      expect(a.right, `at ${width}`).toBeLessThanOrEqual(width);
      for (const b of boxes.slice(i + 1)) {
        const apart = a.right <= b.left || b.right <= a.left || a.bottom <= b.top || b.bottom <= a.top;
        expect(apart, `${JSON.stringify(a)} over ${JSON.stringify(b)} at ${width}`).toBe(true);
      }
    }
    // The actions stand in one line, or under each other from one edge.
    const actions = await page
      .locator('.dock.done .actions > *')
      .evaluateAll((parts) => parts.map((part) => part.getBoundingClientRect().toJSON() as DOMRect));
    const lines = [...new Set(actions.map(({ top }) => Math.round(top)))];
    for (const top of lines) {
      const left = Math.min(...actions.filter((box) => Math.round(box.top) === top).map((box) => box.left));
      expect(left).toBe(Math.min(...actions.map((box) => box.left)));
    }
  }

  // Three presses on a column: down, up, and the order of the file again.
  const prob = page.locator('th').nth(4);
  for (const order of ['descending', 'ascending']) {
    await prob.getByRole('button').click();
    await expect(prob).toHaveAttribute('aria-sort', order);
  }
  await prob.getByRole('button').click();
  await expect(prob).not.toHaveAttribute('aria-sort');
});

test('the Japanese table has Japanese headings', async ({ page }) => {
  await openPage(page, { max_train_samples: '8', max_eval_samples: '2' });
  await page.getByRole('button', { name: '評価する' }).click();
  await expect(page.locator('.table tbody tr')).toHaveCount(2, { timeout: 60_000 });
  const headings = await page.locator('.table th').allTextContents();
  for (const heading of headings) expect(heading).not.toMatch(/[a-z]/i);
});
