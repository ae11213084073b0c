// Every error code with its message in both languages: what is wrong, then what to do. One block per room.
export const messages = {
  // squad
  'squad-empty': {
    ja: 'ファイルが空です。質問の入ったファイル（SQuAD 形式の JSON、JSON Lines、CSV、TSV、Parquet）を選んでください。',
    en: 'The file is empty. Choose a file with questions (SQuAD-format JSON, JSON Lines, CSV, TSV or Parquet).',
  },
  'squad-csv': {
    ja: '{kind} のようですが、必要な列がそろっていません（見つかった列: {found}）。1 行目に context、question、answer（あれば answer_start）という列名を入れてください。',
    en: 'This looks like {kind}, but columns that are needed are missing (found: {found}). Name them context, question, answer (and answer_start, if there is one) in the first line.',
  },
  'squad-not-json': {
    ja: 'JSON として読めません（{reason}）。ファイルが途中で切れていないか確かめてください。',
    en: 'Not valid JSON ({reason}). Check that the file is complete.',
  },
  'squad-unknown-form': {
    ja: 'JSON でも CSV でも Parquet でもありません（始まりは {start}）。質問の入ったファイルか（ウェブページなどでないか）確かめてください。',
    en: 'Neither JSON nor CSV nor Parquet (it begins with {start}). Check that this is the file with the questions, and not a web page, for example.',
  },
  'squad-not-utf8': {
    ja: 'UTF-8 でも、BOM 付きの UTF-16 でもありません。文字コードを UTF-8 に変換してください（Excel では「CSV UTF-8」で保存します）。',
    en: 'Neither UTF-8 nor UTF-16 with a byte order mark. Convert the file to UTF-8 (in Excel, save it as “CSV UTF-8”).',
  },
  'squad-parquet': {
    ja: 'Parquet として読めません（{reason}）。もう一度ダウンロードするか、JSON Lines で保存し直してください。',
    en: 'Not a whole Parquet file ({reason}). Download it again, or save it as JSON Lines.',
  },
  'squad-shape': {
    ja: '{key} は {wanted} のはずですが違い、質問がひとつも見つかりません。SQuAD 形式（data → paragraphs → context, qas → question, answers）か、context・question・answers を持つ行の並びにしてください。',
    en: '{key} should be of type {wanted}, and no question was found. Use the SQuAD format (data → paragraphs → context, qas → question, answers) or a list of rows with context, question and answers.',
  },
  'squad-no-questions': {
    ja: '使える質問がありません（{excluded} 行を除外、最初は {place} の {reason}）。answers と answer_start が文章と合っているか確かめてください。',
    en: 'There is no usable question ({excluded} rows left out, the first at {place}: {reason}). Check that answers and answer_start agree with the contexts.',
  },
  'squad-only-unanswerable': {
    ja: '{count} 問のどれにも答えがありません。答えのある質問を加えてください。',
    en: 'None of its {count} questions has an answer. Add questions that have one.',
  },
  'squad-one-file': {
    ja: '{count} 個のファイルがあります。学習データと評価データにファイルを一つずつ選んでください。',
    en: 'These are {count} files. Choose one for training and one for evaluation.',
  },
  'squad-too-large': {
    ja: '{size} MB あり、上限の {limit} MB を超えています。ファイルを分割してください。',
    en: '{size} MB is over the limit of {limit} MB. Split the file.',
  },
  // compression
  'packed-kind': {
    ja: '{kind} で圧縮されています。読めるのは gzip と zip だけです。展開してから選んでください。',
    en: 'Packed with {kind}; only gzip and zip are read. Unpack the file and choose what was in it.',
  },
  'packed-damaged': {
    ja: '{kind} として展開できません（{reason}）。もう一度ダウンロードするか、展開してから選んでください。',
    en: 'Cannot be unpacked as {kind} ({reason}). Download it again, or unpack it and choose what was in it.',
  },
  'packed-workbook': {
    ja: '表計算ソフトのブックです。「CSV UTF-8」で保存し、その CSV を選んでください。',
    en: 'A workbook of a spreadsheet program. Save it as “CSV UTF-8”, and choose that CSV.',
  },
  'packed-files': {
    ja: 'zip の中にファイルが {count} 個あります（{files}）。展開して、学習か評価に使うファイルを一つ選んでください。',
    en: 'The zip holds {count} files ({files}). Unpack it and choose the one to train or evaluate on.',
  },
  // what is dropped on the page
  'data-is-model': {
    ja: 'これはモデルのファイルです。「モデル」の欄に置いてください。データには SQuAD 形式の JSON を選びます。',
    en: 'This is a file of a model. Drop it on the box under Model. For data, choose JSON in SQuAD format.',
  },
  'model-is-data': {
    ja: 'これはデータのファイルです。「データ」の欄に置いてください。モデルには config.json と重みのあるフォルダーを選びます。',
    en: 'This is a data file. Drop it on a box under Data. For the model, choose a folder with config.json and weights.',
  },
  'drop-which-data': {
    ja: '学習データか評価データか、名前からは分かりません。「データ」のどちらかの欄に一つずつ置いてください。',
    en: 'The name does not tell whether this is for training or for evaluation. Drop one file on each box under Data.',
  },
  'drop-unknown': {
    ja: 'このファイルは使えません。SQuAD 形式の JSON か、モデルのフォルダーを置いてください。',
    en: 'This file cannot be used. Drop JSON in SQuAD format or a model folder.',
  },
  'drop-busy': {
    ja: '今の作業が終わるまで受け取れません。終わってからもう一度置いてください。',
    en: 'Nothing is taken while work goes on. Drop it again when it has ended.',
  },
  // tokenizer
  'tokenizer-missing': {
    ja: 'トークナイザーがありません。tokenizer.json か spm.model も一緒に選んでください。',
    en: 'There is no tokenizer. Add tokenizer.json or spm.model.',
  },
  'tokenizer-broken': {
    ja: 'トークナイザーのファイルが壊れています（{reason}）。もう一度ダウンロードしてください。',
    en: 'The tokenizer file is broken ({reason}). Download it again.',
  },
  'tokenizer-not-json': {
    ja: 'JSON として読めません（{reason}）。ファイルが途中で切れていないか確かめてください。',
    en: 'Not valid JSON ({reason}). Check that the file is complete.',
  },
  'tokenizer-shape': {
    ja: '{key} は {wanted} のはずですが違います。ファイルを書き換えたなら元に戻すか、もう一度ダウンロードしてください。',
    en: '{key} should be of type {wanted}. If the file was edited, restore it; otherwise download it again.',
  },
  'tokenizer-unsupported': {
    ja: 'トークナイザーの部品 {part} の {name} には対応していません。この部品を使わないトークナイザーのモデルを選ぶか、tokenizer.json をこの部品なしで作り直してください。',
    en: 'The part {part} {name} of the tokenizer is not supported. Choose a model whose tokenizer does without it, or make tokenizer.json again without it.',
  },
  'tokenizer-class': {
    ja: 'トークナイザーのクラス {name} には対応していません。PreTrainedTokenizerFast として保存し直す（save_pretrained）か、DebertaV2TokenizerFast のモデルを選んでください。',
    en: 'Tokenizers of the class {name} are not supported. Save it again as a PreTrainedTokenizerFast (save_pretrained), or choose a model with a DebertaV2TokenizerFast.',
  },
  'tokenizer-segmenter': {
    ja: '{name} は単語分割に {program} を使うトークナイザーで、ブラウザーでは動きません。{program} の要らないトークナイザー（tokenizer.json か spm.model）のモデルを選んでください。',
    en: '{name} segments words with {program}, which does not run here. Choose a model whose tokenizer does without {program} (tokenizer.json or spm.model).',
  },
  'tokenizer-special-token': {
    ja: 'トークナイザーの {token} が決まっていません。tokenizer_config.json に {token} を書き、そのトークンを語彙に入れてください。',
    en: 'The tokenizer has no {token}. Name it in tokenizer_config.json, and have the token in the vocabulary.',
  },
  'tokenizer-unknown-token': {
    ja: '語彙にない文字があり、未知語トークン（{token}）も語彙にないため、トークンに分けられません。tokenizer.json の model に unk_token（Unigram では unk_id）を設定してください。',
    en: 'A text has a character that the vocabulary lacks, and so is the unknown token ({token}): it cannot be tokenized. Set unk_token (unk_id for Unigram) of the model in tokenizer.json.',
  },
  'tokenizer-no-room': {
    ja: '質問が長すぎて文章の入る場所がありません（{tokens} トークン、最大の長さは {max_length}）。質問を短くするか max_seq_length を大きくしてください。',
    en: 'The question is too long to leave room for its context ({tokens} tokens of at most {max_length}). Shorten it, or raise max_seq_length.',
  },
  'tokenizer-stride': {
    ja: 'doc_stride {doc_stride} が大きすぎます（最大の長さ {max_length}、質問 {tokens} トークン）。doc_stride を {largest} 以下にするか、max_seq_length を大きくしてください。',
    en: 'doc_stride {doc_stride} is too large for a length of {max_length} and a question of {tokens} tokens. Set doc_stride to {largest} or less, or raise max_seq_length.',
  },
  // features
  'features-no-context': {
    ja: '文章にトークンがありません。この質問を除くか、文章を入れてください。',
    en: 'The context has no tokens. Leave this question out, or give it a text.',
  },
  // checkpoint
  'file-changed': {
    ja: '読んでいる間にファイルが変わったか、最後まで読めません。もう一度選んでください。',
    en: 'The file changed or could not be read to its end. Choose it again.',
  },
  'safetensors-too-short': {
    ja: '{size} バイトしかなく、safetensors ファイルとして短すぎます。もう一度ダウンロードしてください。',
    en: 'A file too short for safetensors ({size} bytes). Download it again.',
  },
  'safetensors-header-length': {
    ja: 'ヘッダーの長さが {length} バイトとあり、ファイル（{size} バイト）か上限の 100 MB を超えています。もう一度ダウンロードしてください。',
    en: 'The header length of {length} bytes is beyond the file ({size} bytes) or beyond 100 MB. Download it again.',
  },
  'safetensors-header-json': {
    ja: 'ヘッダーが JSON ではありません。safetensors ファイルか確かめ、もう一度ダウンロードしてください。',
    en: 'The header is not JSON. Check that this is a safetensors file, and download it again.',
  },
  'safetensors-entry': {
    ja: '重み {tensor} の {key} が正しくありません。もう一度ダウンロードしてください。',
    en: 'The tensor {tensor} has no valid {key}. Download the file again.',
  },
  'safetensors-dtype': {
    ja: '重み {tensor} の型 {dtype} は読めません。量子化されていない float32、float16、bfloat16 のモデルを選んでください。',
    en: 'The tensor {tensor} has the dtype {dtype}, which cannot be read. Choose a model that is not quantized: float32, float16 or bfloat16.',
  },
  'safetensors-end-before-start': {
    ja: '重み {tensor} の終わり（{end}）が始まり（{start}）より前です。もう一度ダウンロードしてください。',
    en: 'The tensor {tensor} ends ({end}) before it starts ({start}). Download the file again.',
  },
  'safetensors-byte-length': {
    ja: '重み {tensor} の形 {shape} が、そのデータの長さ（{found} バイト）と合いません。もう一度ダウンロードしてください。',
    en: 'The shape {shape} of the tensor {tensor} does not fit its length of {found} bytes. Download the file again.',
  },
  'safetensors-overlap': {
    ja: '重み {tensor} がほかの重みと重なっているか、その前に隙間があります。もう一度ダウンロードしてください。',
    en: 'The tensor {tensor} overlaps another one, or there is a hole in the data before it. Download the file again.',
  },
  'safetensors-truncated': {
    ja: 'データが {found} バイトしかなく、ヘッダーにある {wanted} バイトに足りません。もう一度ダウンロードしてください。',
    en: 'The data is shorter ({found} bytes) than the header says ({wanted}). Download the file again.',
  },
  'safetensors-trailing': {
    ja: '最後の重みの後ろに余分な {bytes} バイトがあります。もう一度ダウンロードしてください。',
    en: 'There are {bytes} bytes after the last tensor. Download the file again.',
  },
  'zip-incomplete': {
    ja: 'zip の終わりの記録がなく、ファイルが途中で切れています。もう一度ダウンロードしてください。',
    en: 'The zip has no end record: the file is incomplete. Download it again.',
  },
  'zip-compressed': {
    ja: '{entry} が圧縮されています。PyTorch は圧縮せずに保存するので、読み込みをやめました。元の pytorch_model.bin を選んでください。',
    en: '{entry} is compressed, and PyTorch stores its entries uncompressed: refused. Choose the original pytorch_model.bin.',
  },
  'zip-crc': {
    ja: '{entry} の CRC が合わず、データが壊れています。もう一度ダウンロードしてください。',
    en: 'The CRC of {entry} does not match: its data is damaged. Download the file again.',
  },
  'zip-broken': {
    ja: 'zip として読めません（{reason}）。もう一度ダウンロードしてください。',
    en: 'Not a whole zip ({reason}). Download it again.',
  },
  'zip-too-large': {
    ja: '4 GiB を超えるので zip にできません。モデルだけをダウンロードしてください。',
    en: 'A zip of more than 4 GiB cannot be written. Download the model alone.',
  },
  'pickle-global': {
    ja: '{name} を呼び出そうとしています。許可された名前ではないので、何も実行せずに読み込みをやめました。信頼できる場所から、できれば model.safetensors を選んでください。',
    en: 'The pickle asks for {name}, which is not on the allow-list: refused, and nothing was executed. Choose a file from a source you trust, if possible model.safetensors.',
  },
  'pickle-broken': {
    ja: 'PyTorch のファイルとして読めません（{at} バイト目、{reason}）。もう一度ダウンロードするか、model.safetensors を選んでください。',
    en: 'Not a whole state dict of PyTorch (at byte {at}: {reason}). Download it again, or choose model.safetensors.',
  },
  'torch-no-tensors': {
    ja: 'PyTorch の重みではありません（テンソルがありません）。pytorch_model.bin か model.safetensors を選んでください。',
    en: 'Not a torch checkpoint (no tensors). Choose pytorch_model.bin or model.safetensors.',
  },
  'torch-not-a-state-dict': {
    ja: 'PyTorch のファイルですが、モデルの重み（名前とテンソルの辞書）ではありません（中身: {found}）。model.state_dict() を torch.save したファイルか、save_pretrained のフォルダーを選んでください。',
    en: 'A file of PyTorch, but not a dict of weights (it holds: {found}). Choose what torch.save(model.state_dict()) or save_pretrained has written.',
  },
  'file-lfs-pointer': {
    ja: 'ファイルの中身ではなく Git LFS の目印です。git lfs pull をするか、配布元のページからこのファイルをダウンロードしてください。',
    en: 'A Git LFS pointer, not the file itself. Run git lfs pull, or download this file from the page of the model.',
  },
  'file-html': {
    ja: 'ファイルの中身ではなくウェブページ（HTML）です。ログインや利用申請が必要なことがあります。配布元のページで「download」からダウンロードしてください。',
    en: 'A web page (HTML), not the file itself; a sign-in may have been needed. Download the file with the “download” link of its page.',
  },
  'file-packed': {
    ja: '{kind} で圧縮されています。展開してから、中のファイルを選んでください。',
    en: 'Packed with {kind}. Unpack it and choose the files that were in it.',
  },
  'torch-storage': {
    ja: 'データ {key} は {wanted} バイトのはずですが {found} バイトです。もう一度ダウンロードしてください。',
    en: 'The storage {key} should have {wanted} bytes and has {found}. Download the file again.',
  },
  'torch-views': {
    ja: '重み {tensor} がほかの重みと重なっています。重みを clone() して保存し直してください。',
    en: 'The tensor {tensor} overlaps other tensors. Save the weights again after clone().',
  },
  'index-broken': {
    ja: 'インデックスとして読めません（{reason}）。もう一度ダウンロードしてください。',
    en: 'Not an index of shards ({reason}). Download it again.',
  },
  'shard-missing': {
    ja: '分割された重みのうち {shard} がありません。モデルのフォルダーにあるファイルをすべて選んでください。',
    en: 'The shard {shard} is missing. Choose all files of the model folder.',
  },
  'weights-ambiguous': {
    ja: '重みのファイルが複数あり、どれを使うか決められません。model.safetensors か pytorch_model.bin を一つだけ選んでください。',
    en: 'There are several weight files and none has a name that tells which to use. Choose one model.safetensors or pytorch_model.bin.',
  },
  'weights-other-format': {
    ja: '{file} の形式の重みは読めません。Python で from_pretrained（from_tf=True や from_flax=True）をしてから save_pretrained で保存し直してください。',
    en: 'Weights in the format of {file} cannot be read. Load them in Python with from_pretrained (from_tf=True or from_flax=True) and save them again with save_pretrained.',
  },
  'trainer-file': {
    ja: '{file} がありません。Trainer の checkpoint フォルダーにあるファイルをすべて選んでください。save_only_model の checkpoint にはないので、モデルとして選んで新しく学習を始めてください。',
    en: "{file} is missing. Choose all files of the Trainer's checkpoint folder. A checkpoint of save_only_model has none: choose it as a model, and begin a new run.",
  },
  'trainer-state': {
    ja: '{key} は {wanted} のはずですが違います。同じ checkpoint フォルダーのファイルか確かめてください。',
    en: '{key} should be: {wanted}. Check that all files come from one checkpoint folder.',
  },
  'trainer-optimizer': {
    ja: 'オプティマイザーの状態 {reason} がこのモデルと合いません。同じモデルの checkpoint か、Trainer の AdamW で保存されたものか確かめてください。',
    en: 'The optimizer state {reason} does not fit this model. Check that the checkpoint is of this model and of the Trainer with AdamW.',
  },
  'weights-missing': {
    ja: '重み {tensor} がありません。config.json と同じモデルの重みか確かめてください。',
    en: 'The tensor {tensor} is missing. Check that the weights belong to this config.json.',
  },
  'weights-shape': {
    ja: '重み {tensor} の形は {found} ですが、config.json では {wanted} です。同じモデルのファイルか確かめてください。',
    en: 'The tensor {tensor} has shape {found}, and config.json asks for {wanted}. Check that both files belong to one model.',
  },
  // gpu
  'gpu-unavailable': {
    ja: 'WebGPU が使えません。最新の Chrome か Edge で開き、グラフィックドライバーを更新してください。',
    en: 'WebGPU is not available. Open the page in a current Chrome or Edge and update the graphics driver.',
  },
  'gpu-insecure': {
    ja: 'このページは暗号化されていない http で開かれているため、GPU と複数のスレッドは使えません。https か localhost で開いてください。このままでも、1 スレッドの CPU で学習できます。',
    en: 'This page was opened over plain http, where a browser gives no GPU and no threads. Open it over https or as localhost. As it is, it can train on one thread of the CPU.',
  },
  'gpu-no-adapter': {
    ja: '使える GPU が見つかりません。chrome://gpu で WebGPU の状態を確かめ、ドライバーを更新するか、CPU（低速）を選んでください。',
    en: 'No usable GPU was found. Check WebGPU on chrome://gpu and update the driver, or choose the CPU (slow).',
  },
  'gpu-error': {
    ja: 'GPU がエラーを返しました（{reason}）。バッチを小さくして、最後のチェックポイントから再開してください。',
    en: 'The GPU reported an error ({reason}). Use a smaller batch and continue from the last checkpoint.',
  },
  'gpu-wrong': {
    ja: 'この GPU の計算結果がプロセッサーと一致しません（差 {difference}、許容 {bound}）。GPU では学習しません。CPU を選ぶか、グラフィックドライバーとブラウザーを更新してください。',
    en: 'This GPU computes other numbers than the processor (difference {difference}, bound {bound}), so nothing is trained on it. Choose the CPU, or update the graphics driver and the browser.',
  },
  'gpu-lost': {
    ja: 'GPU との接続が失われました（{reason}）。最後のチェックポイントから再開できます。',
    en: 'The GPU was lost ({reason}). The run can go on from its last checkpoint.',
  },
  'gpu-lost-again': {
    ja: 'GPU との接続が同じところ（ステップ {step} の後）で {count} 回失われたため、学習を終えました（{reason}）。最後のチェックポイントは残っています。バッチか max_seq_length を小さくするか、CPU を選んで再開してください。',
    en: 'The GPU was lost {count} times at the same place (after step {step}), so the run was ended ({reason}). Its last checkpoint is kept: use a smaller batch or max_seq_length, or choose the CPU, and continue.',
  },
  'gpu-buffer-too-large': {
    ja: '{bytes} バイトのバッファーが必要ですが、この GPU の上限は {limit} です。バッチか max_seq_length を小さくしてください。',
    en: 'A buffer of {bytes} bytes is needed, and this GPU allows {limit}. Use a smaller batch or max_seq_length.',
  },
  'gpu-model-too-large': {
    ja: 'このモデルの重みには {bytes} バイトのバッファーが必要ですが、この GPU の上限は {limit} です。小さなモデルを選ぶか、CPU（低速）を選んでください。',
    en: 'The weights of this model need a buffer of {bytes} bytes, and this GPU allows {limit}. Choose a smaller model, or the CPU (slow).',
  },
  'cpu-no-simd': {
    ja: 'このブラウザーの WebAssembly には SIMD がないため、プロセッサーで学習できません。ブラウザーを新しくするか、GPU を使ってください。',
    en: 'WebAssembly has no SIMD in this browser, so the processor cannot train. Update the browser, or use a GPU.',
  },
  'cpu-no-memory64': {
    ja: 'このモデルには 4 GiB を超えるメモリーが必要ですが、このブラウザーの WebAssembly では使えません（memory64 がありません）。Chrome 133 以降か Firefox 134 以降を使うか、小さなモデルを選んでください。',
    en: 'This model needs more than 4 GiB of memory, which WebAssembly cannot have in this browser (it has no memory64). Use Chrome 133 or Firefox 134 or newer, or choose a smaller model.',
  },
  'cpu-no-kernels': {
    ja: '計算プログラムを読み込めません（状態 {status}）。通信を確かめて、ページを読み込み直してください。',
    en: 'The kernels cannot be loaded (status {status}). Check the connection and reload the page.',
  },
  'cpu-memory': {
    ja: 'この計算にはメモリーが {needed} MiB 必要ですが、足りません。per_device_train_batch_size を半分にして gradient_accumulation_steps を倍にするか、max_seq_length を小さくするか、他のアプリやタブを閉じてください。',
    en: 'This needs {needed} MiB of memory, which is not there. Halve per_device_train_batch_size and double gradient_accumulation_steps, lower max_seq_length, or close other apps and tabs.',
  },
  'cpu-thread': {
    ja: '計算スレッドが止まりました（{reason}）。学習は最後のチェックポイントから続けられます。ページを読み込み直してください。',
    en: 'A compute thread stopped ({reason}). The run goes on from its last checkpoint: reload the page.',
  },
  'gpu-memory': {
    ja: 'この学習には GPU のメモリーが {needed} MiB 必要ですが、足りません。per_device_train_batch_size を半分にして gradient_accumulation_steps を倍にするか、max_seq_length を小さくするか、GPU を使う他のアプリやタブを閉じてください。',
    en: 'This run needs {needed} MiB of GPU memory, which is not there. Halve per_device_train_batch_size and double gradient_accumulation_steps, lower max_seq_length, or close other apps and tabs that use the GPU.',
  },
  // model
  'config-shape': {
    ja: '{key} は {wanted} のはずですが違います。モデルの config.json か確かめてください。',
    en: '{key} should be: {wanted}. Check that this is the config.json of a model.',
  },
  'config-not-json': {
    ja: 'JSON として読めません（{reason}）。モデルのフォルダーの config.json をもう一度ダウンロードしてください。',
    en: 'Not valid JSON ({reason}). Download the config.json of the model again.',
  },
  'config-architecture': {
    ja: 'model_type が {found} のモデルは扱えません。deberta-v2 のモデルを選んでください。',
    en: 'Models of model_type {found} cannot be used. Choose a deberta-v2 model.',
  },
  'config-unsupported': {
    ja: '{key} = {value} には対応していません。ほかの DeBERTa-v2 モデルを選んでください。',
    en: '{key} = {value} is not supported. Choose another DeBERTa-v2 model.',
  },
  'config-token-types': {
    ja: 'type_vocab_size が {type_vocab_size} なのに、トークナイザーは質問と文章に別の型を付けます。元のモデルの config.json とトークナイザーか確かめてください。',
    en: 'type_vocab_size is {type_vocab_size}, and the tokenizer gives question and context different types. Check that config.json and the tokenizer belong to one model.',
  },
  'token-beyond-vocabulary': {
    ja: 'トークン {token} の id {id} は、モデルの埋め込みの表（{vocab_size} 行）にありません。モデルと同じフォルダーのトークナイザーを使うか、Python で resize_token_embeddings をしてから保存し直してください。',
    en: 'The token {token} has the id {id}, and the embedding table of the model has {vocab_size} rows. Use the tokenizer of this very model, or save the model again after resize_token_embeddings in Python.',
  },
  'position-limit': {
    ja: '{name} = {value} は、このモデルの位置の表（{positions} 個）より長くなります。{largest} 以下にしてください。',
    en: '{name} = {value} is longer than the position table of this model ({positions} positions). Set it to {largest} or less.',
  },
  // training
  'engine-fp16-webgpu': {
    ja: 'fp16 は WebGPU でだけ使えます。fp16 を外すか、WebGPU に切り替えてください。',
    en: 'fp16 works on WebGPU only. Switch fp16 off, or switch to WebGPU.',
  },
  'engine-fp16-sizes': {
    ja: 'このモデルは fp16 で学習できません（アテンションのヘッド、中間層、相対位置の大きさが {wanted} の倍数でないため）。fp16 を外してください。',
    en: 'This model cannot be trained with fp16: the sizes of its attention heads, intermediate layer and relative positions must be multiples of {wanted}. Switch fp16 off.',
  },
  'training-overflow': {
    ja: 'fp16 では勾配が {steps} ステップ続けてあふれました（ステップ {step} まで）。fp16 を外すか learning_rate を下げ、最後のチェックポイントから再開してください。',
    en: 'With fp16 the gradients overflowed in {steps} steps in a row, up to step {step}. Switch fp16 off or lower learning_rate, and continue from the last checkpoint.',
  },
  'training-argument': {
    ja: '値 {value} は使えません（{wanted}）。設定を直してください。',
    en: '{value} cannot be used here. Set it to: {wanted}.',
  },
  'training-no-features': {
    ja: '学習に使える質問がありません。答えのある質問を含むデータを選んでください。',
    en: 'There is no question to train on. Choose data that has questions with answers.',
  },
  'training-no-batch': {
    ja: 'dataloader_drop_last では、{rows} 行から {batch} 行のバッチを作れません。per_device_train_batch_size を小さくするか、dataloader_drop_last を外してください。',
    en: 'With dataloader_drop_last, {rows} rows make no batch of {batch}. Lower per_device_train_batch_size, or switch dataloader_drop_last off.',
  },
  'training-not-finite': {
    ja: 'ステップ {step} で{name}が数値でなくなりました（{value}）。learning_rate を下げ、最後のチェックポイントから再開してください。',
    en: 'At step {step} the {name} is no longer a finite number ({value}). Lower learning_rate and continue from the last checkpoint.',
  },
  'training-resume': {
    ja: 'このチェックポイントは {found} ステップまで進んでいますが、この設定は全 {total} ステップです。num_train_epochs か max_steps を大きくしてください。',
    en: 'This checkpoint is at step {found}, beyond the {total} steps of these settings. Raise num_train_epochs or max_steps.',
  },
  // answering
  'answer-no-questions': {
    ja: '評価に使える質問がありません。「データ」の除外の理由を確かめ、max_seq_length を大きくするか、別の評価データを選んでください。',
    en: 'There is no question to evaluate. Look under Data for why they were left out, and raise max_seq_length or choose other evaluation data.',
  },
  'answer-empty-question': {
    ja: '質問が空です。質問を入力してください。',
    en: 'The question is empty. Enter a question.',
  },
  'answer-empty-context': {
    ja: '文章が空です。答えを探す文章を入力してください。',
    en: 'The text is empty. Enter the text to look for the answer in.',
  },
  'answer-stride': {
    ja: 'doc_stride（{doc_stride}）は max_seq_len（{max_seq_len}）以下にしてください。',
    en: 'doc_stride ({doc_stride}) must not be larger than max_seq_len ({max_seq_len}).',
  },
  'answer-unknown-example': {
    ja: 'この id の質問がデータにありません。同じデータから特徴量を作り直してください。',
    en: 'No question of the data has this id. Make the features from the same data.',
  },
  // storage
  'storage-unavailable': {
    ja: 'ブラウザーの保存領域が使えません（{reason}）。プライベートウィンドウではなく通常のウィンドウで開き、サイトのデータの保存を許可してください。',
    en: 'The storage of the browser cannot be used ({reason}). Open the page in a normal, not a private window and allow it to store site data.',
  },
  'storage-memory': {
    ja: 'このブラウザーはページのデータを保存できないため、学習はメモリーの中だけで進みます。タブを閉じると消えるので、終わったらモデルをダウンロードしてください。続きから再開したいときは、サイトのデータの保存を許可してください。',
    en: 'The browser stores no data for this page, so the run is kept in memory alone and is gone with the tab: download the model when it is done. To be able to continue a run later, allow the page to store site data.',
  },
  'storage-newer': {
    ja: '保存されているデータは新しい版のページのものです。ページを再読み込みしてください。',
    en: 'The stored data belongs to a newer version of this page. Reload the page.',
  },
  'storage-full': {
    ja: '保存領域が足りません（必要 {needed} MB、保存できるのは約 {available} MB）。不要な学習やダウンロード済みのモデルを削除するか、ディスクの空きを増やしてください。前に保存したものはそのまま残っています。',
    en: 'Not enough storage ({needed} MB needed, room for about {available} MB). Delete runs or downloaded models that are no longer needed, or free space on the disk. What was saved before is intact.',
  },
  'storage-failed': {
    ja: '保存できませんでした（{reason}）。ページを再読み込みして、最後のチェックポイントから再開してください。',
    en: 'Could not be stored ({reason}). Reload the page and continue from the last checkpoint.',
  },
  cancelled: {
    ja: '取り消しました。それまでの状態はそのままです。',
    en: 'Cancelled. Everything else is as it was.',
  },
  'run-no-checkpoint': {
    ja: 'この実行にはまだチェックポイントがありません。最初からやり直してください。',
    en: 'This run has no checkpoint yet. Start it anew.',
  },
  'run-unknown': {
    ja: 'この学習は保存されていません。別のタブで削除された可能性があります。一覧を開き直してください。',
    en: 'This run is not stored; another tab may have deleted it. Open the list again.',
  },
  'run-locked': {
    ja: 'この学習は別のタブで実行中です。そのタブで続けるか、そこで停止してからやり直してください。',
    en: 'This run is being trained in another tab. Go on there, or stop it there and try again.',
  },
  'checkpoint-damaged': {
    ja: 'チェックポイント {generation} が壊れています（{reason}）。その前のチェックポイントを使います。',
    en: 'Checkpoint {generation} is damaged ({reason}). The one before it is used.',
  },
  'checkpoint-lost': {
    ja: '使えるチェックポイントが残っていません（{reason}）。同じデータと設定で最初から学習し直してください。',
    en: 'No usable checkpoint is left ({reason}). Start the run again with the same data and settings.',
  },
  'checkpoint-best-lost': {
    ja: '評価データの損失が最小だったときの重み（ステップ {step}）が残っていません。最後のステップの重みを使います。',
    en: 'The weights with the lowest eval loss (step {step}) are gone. Those of the last step are used.',
  },
  'download-url': {
    ja: 'URL として読めません。https:// で始まる URL を入力してください。',
    en: 'Not a URL. Enter one that begins with https://.',
  },
  'download-unreachable': {
    ja: '接続できません（{reason}）。ネットワークと URL を確かめて、もう一度試してください。ほかのサイトからの読み込みを許さないサーバーなら、ファイルをダウンロードして選んでください。',
    en: 'Could not be reached ({reason}). Check the network and the URL, and try again. If the server does not allow other sites to read from it, download the file and choose it.',
  },
  'download-status': {
    ja: 'サーバーがエラー {status} を返しました。URL を確かめるか、しばらく待ってもう一度試してください。',
    en: 'The server answered with error {status}. Check the URL, or try again later.',
  },
  'download-missing': {
    ja: 'この URL にファイルがありません（{status}）。URL を確かめてください。',
    en: 'There is no file at this URL ({status}). Check the URL.',
  },
  'download-denied': {
    ja: 'このファイルを読む許可がありません（{status}）。配布元のページにログインしてダウンロードし、そのファイルを選んでください。',
    en: 'This file may not be read without permission ({status}). Sign in where it is published, download it, and choose the file.',
  },
  'download-interrupted': {
    ja: '接続が切れました（{loaded} / {total} MB まで受信済み）。受信した分は保存されています。もう一度試すと続きから再開します。',
    en: 'The connection broke ({loaded} of {total} MB loaded). What was loaded is kept: try again to go on from there.',
  },
  'download-cancelled': {
    ja: 'ダウンロードを中止しました（{loaded} / {total} MB まで受信済み）。受信した分は保存されています。もう一度始めると続きから再開します。',
    en: 'The download was cancelled ({loaded} of {total} MB loaded). What was loaded is kept: start again to go on from there.',
  },
  'download-damaged': {
    ja: '受信した内容が配布元の SHA-256 と一致しません（{found}、正しくは {wanted}）。受信した分は削除しました。もう一度ダウンロードしてください。',
    en: 'What was loaded does not match the SHA-256 of its source ({found} instead of {wanted}). It was removed; download it again.',
  },
  'download-busy': {
    ja: 'このファイルはダウンロード中です。終わるのを待つか、中止してから削除してください。',
    en: 'This file is being downloaded. Wait for its end, or cancel it, and delete it then.',
  },
  'hub-id': {
    ja: 'モデルの ID ではありません。「ku-nlp/deberta-v2-base-japanese」のように「名前/モデル名」の形で入力してください。',
    en: 'Not the id of a model. Enter it as name/model, like ku-nlp/deberta-v2-base-japanese.',
  },
  'hub-unknown-model': {
    ja: '{base} にこのモデルはないか、非公開です。ID のつづりを確かめてください。非公開のモデルは、ログインしてダウンロードし、フォルダーを選んでください。',
    en: 'There is no such model at {base}, or it is private. Check the spelling of the id; for a private one, sign in, download it, and choose the folder.',
  },
  'hub-gated': {
    ja: 'このモデルのファイルを読むには利用申請かログインが必要です。{url} でログインして申請し、ファイルをダウンロードしてから、そのフォルダーを選んでください。',
    en: 'The files of this model need a sign-in or an accepted licence. Sign in at {url}, download the files, and choose their folder.',
  },
  'hub-no-file': {
    ja: 'このモデルには {file} がありません。ほかのモデルを選ぶか、モデルのフォルダーのファイルを選んでください。',
    en: 'This model has no {file}. Choose another model, or choose the files of a model folder.',
  },
  'hub-index': {
    ja: '重みの索引ファイルが壊れています（{reason}）。ほかのモデルを選んでください。',
    en: 'The index of the weights is broken ({reason}). Choose another model.',
  },
  // workers
  'model-not-loaded': {
    ja: 'モデルが読み込まれていません。先にモデルを選んでください。',
    en: 'No model is loaded. Choose a model first.',
  },
  'model-no-config': {
    ja: 'config.json がありません。モデルのフォルダーにあるファイルをすべて選んでください。',
    en: 'There is no config.json. Choose all files of the model folder.',
  },
  'model-folder-missing': {
    ja: 'このフォルダーはなく、ハブのモデルの ID（名前/モデル名）でもありません。フォルダーのパスか ID を確かめてください。',
    en: 'There is no such folder, and it is not the id of a model of the hub (name/model). Check the path or the id.',
  },
  'data-file-missing': {
    ja: 'このファイルはありません。パスか、https:// で始まる URL を確かめてください。',
    en: 'There is no such file. Check the path, or give a URL that begins with https://.',
  },
  'model-no-weights': {
    ja: '重み（model.safetensors か pytorch_model.bin）がありません。モデルのフォルダーにあるファイルをすべて選んでください。',
    en: 'There are no weights (model.safetensors or pytorch_model.bin). Choose all files of the model folder.',
  },
  // export
  'hub-token': {
    ja: 'このトークンでは書き込めません。Hugging Face の設定でこのリポジトリへの write 権限のあるトークン（hf_…）を作り、貼り付けてください。リポジトリは変えていません。',
    en: 'This token may not write there. Make a token (hf_…) with write permission for this repository in the settings of Hugging Face and paste it. Nothing was changed there.',
  },
  'hub-upload': {
    ja: 'アップロードできませんでした（{reason}）。接続を確かめて、もう一度送信してください。リポジトリのファイルは前のままです。',
    en: 'The upload failed ({reason}). Check the connection and send it again. The files of the repository are as they were.',
  },
  'export-nothing': {
    ja: '保存するファイルがまだありません。先に「作る」を押してください。',
    en: 'There are no files yet. Make them first.',
  },
  'export-check': {
    ja: 'transformers.js がこのモデルを読み込めません（{reason}）。保存せずに、もう一度作り直してください。',
    en: 'transformers.js cannot load this model ({reason}). Do not save it; make it again.',
  },
  'export-disk': {
    ja: '書き込めません（{reason}）。空き容量と書き込みの権限を確かめるか、別の場所を指定してください。途中のファイルは残していません。',
    en: 'It cannot be written ({reason}). Check the free space and your right to write, or name another place. Nothing half-made was left.',
  },
  'export-no-head': {
    ja: '質問応答のヘッド（{tensor}）がありません。質問応答で学習したモデルを選ぶか、先に学習してください。',
    en: 'There is no question-answering head ({tensor}). Choose a model trained for question answering, or train it first.',
  },
  'export-not-json': {
    ja: '「{key}」が NaN です。JSON に NaN はなく、transformers.js はこのファイルを読めません。config.json の「{key}」を数値か null にして、モデルを選び直してください。',
    en: '“{key}” is NaN, which JSON does not have, so transformers.js cannot read this file. Give “{key}” a number or null in config.json and choose the model again.',
  },
  'export-float16-range': {
    ja: '重み {value} は float16 で表せません（上限は 65504）。float32 か bfloat16 で保存してください。',
    en: 'The weight {value} is beyond float16 (65504 at most). Save as float32 or bfloat16.',
  },
  // parity
  'parity-folder': {
    ja: 'このフォルダーはありません。記録した値のフォルダーを指定してください。',
    en: 'There is no such folder. Name a folder of recorded values.',
  },
  'parity-part': {
    ja: 'この名前の部分はありません。{parts} から選んでください。',
    en: 'There is no part of this name. Choose from {parts}.',
  },
  'parity-file': {
    ja: 'このファイルが記録した値のフォルダーにありません。もう一度記録してください。',
    en: 'This file is missing from the folder of recorded values. Record it again.',
  },
  'parity-nothing': {
    ja: '調べるものがありません。{parts} のどれかを含むフォルダーを指定してください。',
    en: 'There is nothing to check. Name a folder that holds some of {parts}.',
  },
  'parity-no-chromium': {
    ja: 'Chromium を起動できません（{reason}）。Chromium か Chrome をインストールするか、CHROMIUM_PATH に実行ファイルのパスを設定するか、--browser を外してください。',
    en: 'Chromium does not start ({reason}). Install Chromium or Chrome, or set CHROMIUM_PATH to its executable, or leave --browser out.',
  },
} satisfies Record<string, { ja: string; en: string }>;

export type ErrorCode = keyof typeof messages;
