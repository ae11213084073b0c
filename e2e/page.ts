import { expect, type Page } from '@playwright/test';

/** Opens the page, waits for its device, and types settings in by their names. */
export async function openPage(page: Page, settings: Record<string, string> = {}): Promise<void> {
  await page.goto('/');
  await expect(page.locator('.badge')).toBeVisible({ timeout: 60_000 });
  for (const [name, value] of Object.entries(settings)) await page.getByLabel(name).fill(value);
}
