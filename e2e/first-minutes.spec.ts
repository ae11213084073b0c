// What a newcomer meets: files put in the wrong place, one's own text, a look into the data.
import { readFileSync } from 'node:fs';
import { expect, test, type Page } from '@playwright/test';
import { openPage } from './page.ts';

/** A drop as the browser makes it: a DataTransfer with files. */
async function drop(page: Page, target: string, files: { name: string; text: string }[]): Promise<void> {
  const transfer = await page.evaluateHandle((files) => {
    const made = new DataTransfer();
    for (const { name, text } of files) made.items.add(new File([text], name));
    return made;
  }, files);
  await page.locator(target).first().dispatchEvent('drop', { dataTransfer: transfer });
}

test('a file beside every box is taken for what it is or refused aloud, and a model on the data is recognised', async ({
  page,
}) => {
  await openPage(page);
  const data = page.getByRole('region', { name: 'データ', exact: true });
  const alert = page.getByRole('alert');
  const text = readFileSync('public/sample/valid.json', 'utf8');
  await drop(page, 'h1', [{ name: 'my-valid.json', text }]);
  await expect(data.getByRole('group', { name: '評価データ' })).toContainText('my-valid.json');
  await drop(page, 'h1', [{ name: 'mine.json', text }]);
  await expect(alert).toContainText('mine.json: 学習データか評価データか');
  await drop(page, 'footer', [{ name: 'notes.pdf', text: '%PDF' }]);
  await expect(alert).toContainText('notes.pdf: このファイルは使えません');
  await alert.getByRole('button', { name: '閉じる' }).click();
  const config = { name: 'config.json', text: readFileSync('public/model/config.json', 'utf8') };
  await drop(page, '.drop[aria-label=学習データ]', [config]);
  await expect(alert).toContainText('config.json: これはモデルのファイルです');
  await alert.getByRole('button', { name: '閉じる' }).click();
  await drop(page, '.drop[aria-label=モデル]', [{ name: 'train.json', text }]);
  await expect(alert).toContainText('train.json: これはデータのファイルです');
});

test('an example text is asked with one press, and answers come while one types', async ({ page }) => {
  await openPage(page);
  const ask = page.getByRole('region', { name: '自分の文章で試す' });
  await ask.getByRole('button', { name: '例の文章を使う' }).click();
  const answers = ask.locator('.answers li');
  await expect(answers.first()).toBeVisible({ timeout: 60_000 });
  await ask.getByRole('button', { name: '学び大橋の設計者は誰か。' }).click();
  await expect(page.getByLabel('質問', { exact: true })).toHaveValue('学び大橋の設計者は誰か。');
  // Typed, not pressed: the question keeps the focus, and nothing is disabled meanwhile.
  await page.getByRole('textbox', { name: '文章' }).fill('山田は犬である。');
  await page.getByRole('textbox', { name: '質問', exact: true }).fill('山田は何か。');
  await expect(ask.locator('.text')).toHaveText('山田は犬である。', { timeout: 60_000 });
  await expect(page.getByRole('textbox', { name: '質問', exact: true })).toBeFocused();
});

test('a long text shows how far it is, can be cancelled at any moment, and its answer is in view', async ({
  page,
}) => {
  await page.setViewportSize({ width: 1000, height: 500 });
  await openPage(page);
  const ask = page.getByRole('region', { name: '自分の文章で試す' });
  const text = page.getByRole('textbox', { name: '文章' });
  const sentences = '山は高く、川は長い。町には大きな駅があり、人が多い。';
  const find = ask.getByRole('button', { name: '答えを探す' });
  const cancel = ask.getByRole('button', { name: '取り消す' });
  const cancelled = ask.getByText('取り消しました');
  // Minutes of work, so that it cannot be over before it is cancelled.
  await text.fill(sentences.repeat(12_000));
  await page.getByRole('textbox', { name: '質問', exact: true }).fill('駅はどこにあるか。');

  // At the first moment: the model is still loading.
  await find.click();
  await cancel.click();
  await expect(cancelled).toBeVisible({ timeout: 60_000 });

  await find.click();
  await expect(cancelled).toHaveCount(0);
  await expect(ask.getByText('答えを探しています')).toBeVisible({ timeout: 60_000 });
  await expect(ask.getByRole('progressbar')).toBeVisible({ timeout: 60_000 });
  await cancel.click();
  await expect(cancelled).toBeVisible({ timeout: 60_000 });
  await expect(ask.locator('.answers')).toHaveCount(0);

  // 10,000 characters.
  await text.fill(sentences.repeat(400));
  await find.click();
  await expect(ask.locator('.answers li').first()).toBeInViewport({ timeout: 120_000 });
});

test('the data are looked into: answers marked, searched, cut into tokens, unknown characters named', async ({
  page,
}) => {
  await openPage(page, { max_train_samples: '2', max_eval_samples: '3' });
  const context = '鸞は1921年に海で見つかった。';
  const qas = [
    { id: 'a', question: 'いつ見つかったか。', answers: [{ text: '1921年', answer_start: 2 }] },
    { id: 'b', question: '何が見つかったか。', answers: [{ text: '鸞', answer_start: 0 }] },
    { id: 'c', question: 'どこで見つかったか。', answers: [{ text: '海', answer_start: 0 }] },
  ];
  const file = {
    name: 'mine.json',
    mimeType: 'application/json',
    buffer: Buffer.from(JSON.stringify({ data: [{ paragraphs: [{ context, qas }] }] })),
  };
  await page.getByLabel('学習データ ファイルを選ぶ').setInputFiles(file);
  await page.getByLabel('評価データ ファイルを選ぶ').setInputFiles(file);
  const data = page.getByRole('region', { name: 'データ', exact: true });
  // One question of the evaluation file is mended, that of the training file is not.
  const evaluation = data.getByRole('group', { name: '評価データ' });
  await evaluation.getByText('使えない 1 行').click();
  await expect(evaluation.getByText('answer_start は 8 のはず')).toBeVisible();
  await evaluation.getByRole('button', { name: '1 行の answer_start を直して使う' }).click();
  await expect(evaluation.getByText('3 問')).toBeVisible();
  await expect(evaluation.getByText('使えない 1 行')).toHaveCount(0);
  await expect(evaluation.locator('input')).toBeFocused();
  await data.getByText('中身を見る').click();
  await expect(data.locator('mark').first()).toHaveText('1921年');
  await expect(data.getByText('2 問が学習データと評価データの両方にあります')).toBeVisible();
  await data.getByRole('searchbox').fill('何が');
  await expect(data.getByRole('listitem').filter({ hasText: '見つかったか' })).toHaveCount(1);
  await data.getByLabel('トークンの区切り').check();
  await expect(data.locator('.unknown')).toHaveText('鸞');

  await page.getByText('くわしい設定').click();
  await page.getByLabel('doc_stride').fill('4');
  await page.getByLabel('max_seq_length').fill('24');
  await page.getByRole('button', { name: 'トークン数を調べる' }).click();
  await expect(data.getByText('5 問のうち 2 問は、答えにその文字があります')).toBeVisible({
    timeout: 60_000,
  });
  await expect(data.getByText('2 問は max_seq_length（24）より長く')).toBeVisible();
});

test('a term is explained where it stands, and Escape closes the explanation', async ({ page }) => {
  await openPage(page);
  await page.getByRole('button', { name: '「学習率」の説明' }).click();
  const text = page.getByText('一度の更新で重みを動かす大きさです');
  await expect(text).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(text).toBeHidden();
});
