import { expect, test } from 'vitest';
import { learningRateAt } from './schedule.ts';

const rates = (lr_scheduler_type: 'cosine' | 'linear', steps: number, warmup_steps: number) =>
  Array.from({ length: steps }, (_, done) =>
    learningRateAt(
      { learning_rate: 2e-5, lr_scheduler_type, warmup_ratio: 0, warmup_steps },
      done + 1,
      steps,
    ),
  );

test("every rate is transformers' double: get_scheduler of 4.57.6, AdamW's 2e-5", () => {
  expect(rates('cosine', 24, 3)).toEqual([
    0.0, 6.666666666666667e-6, 1.3333333333333333e-5, 2e-5, 1.9888308262251286e-5, 1.955572805786141e-5,
    1.900968867902419e-5, 1.826238774315995e-5, 1.7330518718298263e-5, 1.6234898018587336e-5,
    1.5000000000000002e-5, 1.3653410243663953e-5, 1.2225209339563144e-5, 1.0747300935864245e-5,
    9.252699064135759e-6, 7.774790660436857e-6, 6.34658975633605e-6, 5.000000000000003e-6,
    3.7651019814126656e-6, 2.669481281701739e-6, 1.7376122568400533e-6, 9.903113209758098e-7,
    4.4427194213859216e-7, 1.1169173774871478e-7,
  ]);
  expect(rates('linear', 8, 1)).toEqual([
    0.0, 2e-5, 1.7142857142857142e-5, 1.4285714285714287e-5, 1.1428571428571429e-5, 8.571428571428571e-6,
    5.7142857142857145e-6, 2.8571428571428573e-6,
  ]);
});
