import { alerts, fill, isEnabled, press, type BrowserPage } from './page.ts';

export const MINUTE = 60_000;

/** Waits until a script gives something that is true. */
export async function until(page: BrowserPage, what: string, script: string, ms = MINUTE): Promise<unknown> {
  const end = Date.now() + ms;
  for (;;) {
    const value = await page.evaluate(script);
    if (value) return value;
    if (Date.now() > end) {
      throw new Error(`${what}: not within ${ms / 1000} s; alerts: ${String(await page.evaluate(alerts))}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

export async function pressWhenEnabled(page: BrowserPage, name: string): Promise<void> {
  await until(page, `button ${name}`, isEnabled(name));
  await page.evaluate(press(name));
}

export async function fillIn(page: BrowserPage, values: Record<string, string>): Promise<void> {
  for (const [label, value] of Object.entries(values))
    await until(page, `field ${label}`, fill(label, value));
}

/** What is not as it should be. */
export function require(holds: boolean, wrong: string): void {
  if (!holds) throw new Error(wrong);
}
