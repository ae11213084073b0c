import type { ErrorTexts } from './manabi-error.ts';

/** The texts of en.ts in Japanese. */
export const ja: ErrorTexts = {
  // squad
  'squad-empty':
    'ファイルが空です。質問の入ったファイル（SQuAD 形式の JSON、JSON Lines、CSV、TSV、Parquet）を選んでください。',
  'squad-csv':
    '{kind} のようですが、必要な列がそろっていません（見つかった列: {found}）。1 行目に context、question、answer（あれば answer_start）という列名を入れてください。',
  'squad-not-json':
    'JSON として読めません（{reason}）。ファイルが途中で切れていないか、Python の print ではなく json.dump で書かれたものか確かめてください。',
  'squad-unknown-form':
    'JSON でも CSV でも Parquet でもありません（始まりは {start}）。質問の入ったファイルか（ウェブページなどでないか）確かめてください。',
  'squad-not-utf8':
    'UTF-8 でも UTF-16 でもありません。文字コードを UTF-8 に変換してください（Excel では「CSV UTF-8」で保存します）。',
  'squad-not-text':
    'テキストのファイルではありません（始まりは {start}）。質問の入ったファイルを選んでください。Arrow や .xls のファイルは、JSON Lines、Parquet、CSV のどれかで保存し直してください。',
  'squad-parquet':
    'Parquet として読めません（{reason}）。もう一度ダウンロードするか、JSON Lines で保存し直してください。',
  'squad-shape':
    '{key} は {wanted} のはずですが違い、質問がひとつも見つかりません。SQuAD 形式（data → paragraphs → context, qas → question, answers）か、context・question・answers を持つ行の並びにしてください。',
  'squad-no-questions': '使える質問がありません（{excluded} 行を除外）。最初の行は {place}: {why_ja}',
  'squad-only-unanswerable':
    '{count} 問のどれにも答えがありません。答えのある質問（text と answer_start を持つ answers）を加えてください。',
  'squad-one-file':
    '{count} 個のファイルがあります。学習データと評価データにファイルを一つずつ選んでください。',
  'squad-too-large': '{size} MB あり、上限の {limit} MB を超えています。ファイルを分割してください。',
  // compression
  'packed-kind': '{kind} で圧縮されています。読めるのは gzip と zip だけです。展開してから選んでください。',
  'packed-damaged':
    '{kind} として展開できません（{reason}）。もう一度ダウンロードするか、展開してから選んでください。',
  'packed-workbook': '表計算ソフトのブックです。「CSV UTF-8」で保存し、その CSV を選んでください。',
  'packed-files':
    'zip の中にファイルが {count} 個あります（{files}）。展開して、学習か評価に使うファイルを一つ選んでください。',
  // what is dropped on the page
  'data-is-model':
    'これはモデルのファイルです。「モデル」の欄に置いてください。データには質問のファイル（JSON、JSON Lines、CSV、TSV、Parquet）を選びます。',
  'model-is-data':
    'これはデータのファイルです。「データ」の欄に置いてください。モデルには config.json と重みのあるフォルダーを選びます。',
  'drop-which-data':
    '学習データか評価データか、名前からは分かりません。「データ」のどちらかの欄に一つずつ置いてください。',
  'drop-unknown':
    'このファイルは使えません。質問のファイル（JSON、JSON Lines、CSV、TSV、Parquet）か、モデルのフォルダーを置いてください。',
  'drop-busy': '今の作業が終わるまで受け取れません。終わってからもう一度置いてください。',
  // tokenizer
  'tokenizer-missing':
    'トークナイザーがありません。tokenizer.json か spm.model も一緒に選んでください。vocab.txt などしかないときは、Python の AutoTokenizer.from_pretrained(フォルダー).save_pretrained(フォルダー) で tokenizer.json を作ってください。',
  'tokenizer-broken':
    'トークナイザーのファイルが壊れています（{reason}）。もう一度ダウンロードしてください。',
  'tokenizer-not-json': 'JSON として読めません（{reason}）。ファイルが途中で切れていないか確かめてください。',
  'tokenizer-shape':
    '{key} は {wanted} のはずですが違います。ファイルを書き換えたなら元に戻すか、もう一度ダウンロードしてください。',
  'tokenizer-unsupported':
    'トークナイザーの部品 {part} の {name} には対応していません。この部品を使わないトークナイザーのモデルを選ぶか、tokenizer.json をこの部品なしで作り直してください。',
  'tokenizer-class':
    'トークナイザーのクラス {name} には対応していません。PreTrainedTokenizerFast として保存し直す（save_pretrained）か、DebertaV2TokenizerFast のモデルを選んでください。',
  'tokenizer-segmenter':
    '{name} は単語分割に {program} を使うトークナイザーで、ブラウザーでは動きません。{program} の要らないトークナイザー（tokenizer.json か spm.model）のモデルを選んでください。',
  'tokenizer-special-token':
    'トークナイザーの {token} が決まっていません。tokenizer_config.json に {token} を書き、そのトークンを語彙に入れてください。',
  'tokenizer-unknown-token':
    '語彙にない文字があり、未知語トークン（{token}）も語彙にないため、トークンに分けられません。tokenizer.json の model に unk_token（Unigram では unk_id）を設定してください。',
  'tokenizer-no-room':
    '質問が長すぎて文章の入る場所がありません（{tokens} トークン、最大の長さは {max_length}）。質問を短くするか max_seq_length を大きくしてください。',
  'tokenizer-stride':
    'doc_stride {doc_stride} が大きすぎます（最大の長さ {max_length}、質問 {tokens} トークン）。doc_stride を {largest} 以下にするか、max_seq_length を大きくしてください。',
  // features
  'features-no-context': '文章にトークンがありません。この質問を除くか、文章を入れてください。',
  // checkpoint
  'file-changed': '読んでいる間にファイルが変わったか、最後まで読めません。もう一度選んでください。',
  'safetensors-too-short':
    '{size} バイトしかなく、safetensors ファイルとして短すぎます。もう一度ダウンロードしてください。',
  'safetensors-header-length':
    'ヘッダーの長さが {length} バイトとあり、ファイル（{size} バイト）か上限の 100 MB を超えています。もう一度ダウンロードしてください。',
  'safetensors-header-json':
    'ヘッダーが JSON ではありません。safetensors ファイルか確かめ、もう一度ダウンロードしてください。',
  'safetensors-entry': '重み {tensor} の {key} が正しくありません。もう一度ダウンロードしてください。',
  'safetensors-dtype':
    '重み {tensor} の型 {dtype} は読めません。量子化されていない float32、float16、bfloat16 のモデルを選んでください。',
  'safetensors-end-before-start':
    '重み {tensor} の終わり（{end}）が始まり（{start}）より前です。もう一度ダウンロードしてください。',
  'safetensors-byte-length':
    '重み {tensor} の形 {shape} が、そのデータの長さ（{found} バイト）と合いません。もう一度ダウンロードしてください。',
  'safetensors-overlap':
    '重み {tensor} がほかの重みと重なっているか、その前に隙間があります。もう一度ダウンロードしてください。',
  'safetensors-truncated':
    'データが {found} バイトしかなく、ヘッダーにある {wanted} バイトに足りません。もう一度ダウンロードしてください。',
  'safetensors-trailing':
    '最後の重みの後ろに余分な {bytes} バイトがあります。もう一度ダウンロードしてください。',
  'zip-incomplete':
    'zip の終わりの記録がなく、ファイルが途中で切れています。もう一度ダウンロードしてください。',
  'zip-compressed':
    '{entry} が圧縮されています。PyTorch は圧縮せずに保存するので、読み込みをやめました。元の pytorch_model.bin を選んでください。',
  'zip-crc': '{entry} の CRC が合わず、データが壊れています。もう一度ダウンロードしてください。',
  'zip-broken': 'zip として読めません（{reason}）。もう一度ダウンロードしてください。',
  'zip-too-large': '4 GiB を超えるので zip にできません。モデルだけをダウンロードしてください。',
  'pickle-global':
    '{name} を呼び出そうとしています。許可された名前ではないので、何も実行せずに読み込みをやめました。信頼できる場所の model.safetensors を選ぶか、Python の torch.save(model.state_dict(), …) で重みだけを保存し直してください。',
  'pickle-broken':
    'PyTorch のファイルとして読めません（{at} バイト目、{reason}）。もう一度ダウンロードするか、model.safetensors を選んでください。',
  'torch-no-tensors':
    'torch.save が書いたファイルではありません（テンソルがありません）。PyTorch が書いたままのファイル（pytorch_model.bin、optimizer.pt）か、model.safetensors を選んでください。',
  'torch-not-a-state-dict':
    'PyTorch のファイルですが、モデルの重み（名前とテンソルの辞書）ではありません（中身: {found}）。model.state_dict() を torch.save したファイルか、save_pretrained のフォルダーを選んでください。',
  'file-lfs-pointer':
    'ファイルの中身ではなく Git LFS の目印です。git lfs pull をするか、配布元のページからこのファイルをダウンロードしてください。',
  'file-html':
    'ファイルの中身ではなくウェブページ（HTML）です。ログインや利用申請が必要なことがあります。配布元のページで「download」からダウンロードしてください。',
  'file-text':
    'ファイルの中身ではなくテキストです（始まりは {start}）。配布元のページからもう一度ダウンロードしてください。ログインが必要なことがあります。',
  'file-packed': '{kind} で圧縮されています。展開してから、中のファイルを選んでください。',
  'torch-storage':
    'データ {key} は {wanted} バイトのはずですが {found} バイトです。もう一度ダウンロードしてください。',
  'torch-views': '重み {tensor} がほかの重みと重なっています。重みを clone() して保存し直してください。',
  'index-broken': 'インデックスとして読めません（{reason}）。もう一度ダウンロードしてください。',
  'shard-missing':
    '分割された重みのうち {shard} がありません。モデルのフォルダーにあるファイルをすべて選んでください。',
  'weights-ambiguous':
    '重みのファイルが複数あり、どれを使うか決められません。model.safetensors か pytorch_model.bin を一つだけ選んでください。',
  'weights-other-format':
    '{file} の形式の重みは読めません。同じモデルの model.safetensors か pytorch_model.bin を選んでください。TensorFlow と Flax の重みなら、Python で from_pretrained（from_tf=True や from_flax=True）をしてから save_pretrained で保存し直してください。',
  'trainer-file':
    '{file} がありません。Trainer の checkpoint フォルダーにあるファイルをすべて選んでください。save_only_model の checkpoint にはないので、モデルとして選んで新しく学習を始めてください。',
  'trainer-state':
    '{key} は {wanted} のはずですが違います。同じ checkpoint フォルダーのファイルか確かめてください。',
  'trainer-optimizer':
    'オプティマイザーの状態 {reason} がこのモデルと合いません。同じモデルの checkpoint か、Trainer の AdamW で保存されたものか確かめてください。',
  'weights-missing': '重み {tensor} がありません。config.json と同じモデルの重みか確かめてください。',
  'weights-of-several':
    '複数のモデルが入っています（{prefixes}）。学習するモデルだけを save_pretrained か、state_dict の torch.save で保存し直して選んでください。',
  'weights-shape':
    '重み {tensor} の形は {found} ですが、config.json では {wanted} です。同じモデルのファイルか確かめてください。',
  // gpu
  'gpu-unavailable':
    'WebGPU が使えません。最新の Chrome か Edge で開き、グラフィックドライバーを更新してください。',
  'gpu-insecure':
    'このページは暗号化されていない http で開かれているため、GPU と複数のスレッドは使えません。https か localhost で開いてください。このままでも、1 スレッドの CPU で学習できます。',
  'gpu-no-adapter':
    '使える GPU が見つかりません。chrome://gpu で WebGPU の状態を確かめ、ドライバーを更新するか、CPU（低速）を選んでください。',
  'gpu-error':
    'GPU がエラーを返しました（{reason}）。バッチを小さくするか、CPU を選んでください。学習は最後のチェックポイントから続けられます。',
  'gpu-wrong':
    'この GPU の計算結果がプロセッサーと一致しないため（差 {difference}、許容 {bound}）、使いません。使うにはグラフィックドライバーとブラウザーを更新してください。',
  'gpu-wrong-loss':
    'ステップ {step} の損失が GPU では {loss}、プロセッサーでは {expected} でした。最後のチェックポイントからプロセッサーで続けます。',
  'gpu-lost': 'GPU との接続が失われました（{reason}）。最後のチェックポイントから再開できます。',
  'gpu-lost-again':
    'GPU との接続が同じところ（ステップ {step} の後）で {count} 回失われたため、学習を終えました（{reason}）。最後のチェックポイントは残っています。バッチか max_seq_length を小さくするか、CPU を選んで再開してください。',
  'gpu-buffer-too-large':
    '{bytes} バイトのバッファーが必要ですが、この GPU の上限は {limit} です。バッチか max_seq_length を小さくしてください。',
  'gpu-model-too-large':
    'このモデルの重みには {bytes} バイトのバッファーが必要ですが、この GPU の上限は {limit} です。小さなモデルを選ぶか、CPU（低速）を選んでください。',
  'cpu-no-simd':
    'このブラウザーの WebAssembly には SIMD がないため、プロセッサーで学習できません。ブラウザーを新しくするか、GPU を使ってください。',
  'cpu-no-memory64':
    'このモデルには 4 GiB を超えるメモリーが必要ですが、このブラウザーの WebAssembly では使えません（memory64 がありません）。Chrome 133 以降か Firefox 134 以降を使うか、小さなモデルを選んでください。',
  'cpu-no-kernels':
    '計算プログラムを読み込めません（{reason}）。通信を確かめて、ページを読み込み直してください。',
  'cpu-memory':
    'この計算にはメモリーが {needed} MiB 必要ですが、足りません。per_device_train_batch_size を半分にして gradient_accumulation_steps を倍にするか、max_seq_length を小さくするか、他のアプリやタブを閉じてください。',
  'page-incomplete':
    'ページの一部（ワーカー）を読み込めませんでした。ネットワークを確かめて、ページを読み込み直してください。サーバーを管理している場合は、304 の応答にも Cross-Origin-Embedder-Policy を付けてください。',
  'cpu-thread':
    '計算スレッドが止まりました（{reason}）。学習は最後のチェックポイントから続けられます。ページを読み込み直してください。',
  'gpu-memory':
    'この学習には GPU のメモリーが {needed} MiB 必要ですが、足りません。per_device_train_batch_size を半分にして gradient_accumulation_steps を倍にするか、max_seq_length を小さくするか、GPU を使う他のアプリやタブを閉じてください。',
  // model
  'config-shape': '{key} は {wanted} のはずですが違います。モデルの config.json か確かめてください。',
  'config-not-json':
    'JSON として読めません（{reason}）。モデルのフォルダーの config.json をもう一度ダウンロードしてください。',
  'config-architecture':
    'model_type が {found} のモデルは扱えません。deberta-v2 のモデルを選んでください。deberta-v2 のはずなら、config.json に "model_type": "deberta-v2" と書いてください。',
  'config-unsupported': '{key} = {value} には対応していません。ほかの DeBERTa-v2 モデルを選んでください。',
  'config-token-types':
    'type_vocab_size が {type_vocab_size} なのに、トークナイザーは質問と文章に別の型を付けます。元のモデルの config.json とトークナイザーか確かめてください。',
  'token-beyond-vocabulary':
    'トークン {token} の id {id} は、モデルの埋め込みの表（{vocab_size} 行）にありません。モデルと同じフォルダーのトークナイザーを使うか、Python で resize_token_embeddings をしてから保存し直してください。',
  'position-limit':
    '{name} = {value} は、このモデルの位置の表（{positions} 個）より長くなります。{largest} 以下にしてください。',
  // training
  'engine-fp16-webgpu': 'fp16 は WebGPU でだけ使えます。fp16 を外すか、WebGPU に切り替えてください。',
  'engine-fp16-sizes':
    'このモデルは fp16 で学習できません（アテンションのヘッド、中間層、相対位置の大きさが {wanted} の倍数でないため）。fp16 を外してください。',
  'training-overflow':
    'fp16 では勾配が {steps} ステップ続けてあふれました（ステップ {step} まで）。fp16 を外すか learning_rate を下げ、最後のチェックポイントから再開してください。',
  'training-argument': '値 {value} は使えません（{wanted}）。設定を直してください。',
  'training-no-features':
    '学習に使える質問がありません。「データ」の除外の理由を確かめ、max_seq_length を大きくするか、答えのある質問を含むデータを選んでください。',
  'training-no-batch':
    'dataloader_drop_last では、{rows} 行から {batch} 行のバッチを作れません。per_device_train_batch_size を小さくするか、dataloader_drop_last を外してください。',
  'training-not-finite':
    'ステップ {step} で{name}が数値でなくなりました（{value}）。learning_rate を下げ、最後のチェックポイントから再開してください。',
  'training-resume':
    'このチェックポイントは {found} ステップまで進んでいますが、この設定は全 {total} ステップです。num_train_epochs か max_steps を大きくしてください。',
  // answering
  'answer-no-questions':
    '評価に使える質問がありません。「データ」の除外の理由を確かめ、max_seq_length を大きくするか、別の評価データを選んでください。',
  'answer-empty-question': '質問が空です。質問を入力してください。',
  'answer-empty-context': '文章が空です。答えを探す文章を入力してください。',
  'answer-stride': 'doc_stride（{doc_stride}）は max_seq_len（{max_seq_len}）以下にしてください。',
  'answer-unknown-example': 'この id の質問がデータにありません。同じデータから特徴量を作り直してください。',
  // storage
  'storage-unavailable':
    'ブラウザーの保存領域を開けません（{reason}）。ディスクの空きを増やし、ブラウザーを再起動してください。それでも開けないときは、ブラウザーの設定でこのサイトのデータを削除してください。',
  'storage-memory':
    'このブラウザーはページのデータを保存できないため、学習はメモリーの中だけで進みます。タブを閉じると消えるので、終わったらモデルをダウンロードしてください。続きから再開したいときは、サイトのデータの保存を許可してください。',
  'storage-newer': '保存されているデータは新しい版のページのものです。ページを再読み込みしてください。',
  'storage-full':
    '保存領域が足りません（必要 {needed} MB、保存できるのは約 {available} MB）。不要な学習やダウンロード済みのモデルを削除するか、ディスクの空きを増やしてください。前に保存したものはそのまま残っています。',
  'storage-failed':
    '保存できませんでした（{reason}）。ページを再読み込みして、最後のチェックポイントから再開してください。',
  cancelled: '取り消しました。それまでの状態はそのままです。',
  'run-no-checkpoint':
    'この学習はまだ最初のチェックポイントまで進んでいません。続けるか、最初からやり直してください。',
  'run-unknown':
    'この学習は保存されていません。別のタブで削除された可能性があります。一覧を開き直してください。',
  'run-locked': 'この学習は別のタブで実行中です。そのタブで続けるか、そこで停止してからやり直してください。',
  'checkpoint-damaged':
    'チェックポイント {generation} が壊れています（{reason}）。その前のチェックポイントを使います。',
  'checkpoint-lost':
    '使えるチェックポイントが残っていません（{reason}）。同じデータと設定で最初から学習し直してください。',
  'checkpoint-best-lost':
    '評価データの損失が最小だったときの重み（ステップ {step}）が残っていません。最後のステップの重みを使います。',
  'download-url': 'URL として読めません。https:// で始まる URL を入力してください。',
  'download-unreachable':
    '接続できません（{reason}）。ネットワークと URL を確かめて、もう一度試してください。ほかのサイトからの読み込みを許さないサーバーなら、ファイルをダウンロードして選んでください。',
  'download-status':
    'サーバーがエラー {status} を返しました。URL を確かめるか、しばらく待ってもう一度試してください。',
  'download-missing': 'この URL にファイルがありません（{status}）。URL を確かめてください。',
  'download-denied':
    'このファイルを読む許可がありません（{status}）。配布元のページにログインしてダウンロードし、そのファイルを選んでください。',
  'download-interrupted':
    '接続が切れました（{loaded} / {total} MB まで受信済み）。受信した分は保存されています。もう一度試すと続きから再開します。',
  'download-cancelled':
    'ダウンロードを中止しました（{loaded} / {total} MB まで受信済み）。受信した分は保存されています。もう一度始めると続きから再開します。',
  'download-damaged':
    '受信した内容が配布元の SHA-256 と一致しません（{found}、正しくは {wanted}）。受信した分は削除しました。もう一度ダウンロードしてください。',
  'download-busy': 'このファイルはダウンロード中です。終わるのを待つか、中止してから削除してください。',
  'hub-id':
    'モデルの ID ではありません。「ku-nlp/deberta-v2-base-japanese」のように「名前/モデル名」の形で入力してください。',
  'hub-unknown-model':
    '{base} にこのモデルはないか、非公開です。ID のつづりを確かめてください。非公開のモデルは、ログインしてダウンロードし、フォルダーを選んでください。',
  'hub-gated':
    'このモデルのファイルを読むには利用申請かログインが必要です。{url} でログインして申請し、ファイルをダウンロードしてから、そのフォルダーを選んでください。',
  'hub-no-file':
    'このモデルには {file} がありません。ほかのモデルを選ぶか、モデルのフォルダーのファイルを選んでください。',
  'hub-index': '重みの索引ファイルが壊れています（{reason}）。ほかのモデルを選んでください。',
  // workers
  'model-not-loaded': 'モデルが読み込まれていません。先にモデルを選んでください。',
  'model-no-config': 'config.json がありません。モデルのフォルダーにあるファイルをすべて選んでください。',
  'model-adapter':
    'アダプター（LoRA など）の重みだけで、モデル本体がありません。Python でモデルに統合し（PEFT の merge_and_unload）、save_pretrained で保存したフォルダーを選んでください。',
  'model-folder-missing':
    'このフォルダーはなく、ハブのモデルの ID（名前/モデル名）でもありません。フォルダーのパスか ID を確かめてください。',
  'data-file-missing': 'このファイルはありません。パスか、https:// で始まる URL を確かめてください。',
  'model-no-weights':
    '重み（model.safetensors か pytorch_model.bin）がありません。モデルのフォルダーにあるファイルをすべて選んでください。',
  // export
  'hub-token':
    'このトークンでは書き込めません。Hugging Face の設定でこのリポジトリへの write 権限のあるトークン（hf_…）を作り、貼り付けてください。リポジトリは変えていません。',
  'hub-upload':
    'アップロードできませんでした（{reason}）。接続を確かめて、もう一度送信してください。リポジトリのファイルは前のままです。',
  'export-nothing': '保存するファイルがまだありません。先に「作る」を押してください。',
  'export-check':
    'transformers.js がこのモデルを読み込めません（{reason}）。保存せずに、もう一度作り直してください。',
  'export-disk':
    '書き込めません（{reason}）。空き容量と書き込みの権限を確かめるか、別の場所を指定してください。途中のファイルは残していません。',
  'export-no-head':
    '質問応答のヘッド（{tensor}）がありません。質問応答で学習したモデルを選ぶか、先に学習してください。',
  'export-no-room':
    'このファイル（{megabytes} MB）を置く場所がブラウザーにありません（{reason}）。ディスクの空きを増やしてから、もう一度作ってください。途中のファイルは保存していません。',
  'export-two-files':
    '2 GB を超える ONNX モデルは 2 つのファイルになり、transformers.js 2 では読み込めません。float16 か 8 ビットを選んでください。',
  'export-not-json':
    '「{key}」が NaN です。JSON に NaN はなく、transformers.js はこのファイルを読めません。config.json の「{key}」を数値か null にして、モデルを選び直してください。',
  'export-float16-range':
    '重み {value} は float16 で表せません（上限は 65504）。float32 か bfloat16 で保存してください。',
  // parity
  'parity-folder': 'このフォルダーはありません。記録した値のフォルダーを指定してください。',
  'parity-part': 'この名前の部分はありません。{parts} から選んでください。',
  'parity-file': 'このファイルが記録した値のフォルダーにありません。もう一度記録してください。',
  'parity-nothing': '調べるものがありません。{parts} のどれかを含むフォルダーを指定してください。',
  'parity-no-chromium':
    'Chromium を起動できません（{reason}）。Chromium か Chrome をインストールするか、CHROMIUM_PATH に実行ファイルのパスを設定するか、--browser を外してください。',
};
