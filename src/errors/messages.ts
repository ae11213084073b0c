// Every error code with its message in both languages: what is wrong, then what to do. One block per room.
export const messages = {
  // squad
  // tokenizer
  // features
  // checkpoint
  // gpu
  'gpu-unavailable': {
    ja: 'WebGPU が使えません。最新の Chrome か Edge で開き、グラフィックドライバーを更新してください。',
    en: 'WebGPU is not available. Open the page in a current Chrome or Edge and update the graphics driver.',
  },
  // model
  // training
  // answering
  // storage
  // workers
  // cli
} satisfies Record<string, { ja: string; en: string }>;

export type ErrorCode = keyof typeof messages;
