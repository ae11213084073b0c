// Numbers as people read them; the same in both languages of the page.

export function count(value: number): string {
  return value.toLocaleString('en');
}

export function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

/** The same for a probability, whose smallest values differ: 24.2 %, 0.02 %, and "< 0.01 %" where it is no more than that. */
export function probability(share: number): string {
  if (share >= 0.001 || share === 0) return percent(share);
  return share < 0.0001 ? '< 0.01 %' : `${(100 * share).toFixed(2)} %`;
}

/** 512 B, 63.4 KiB, 7.0 MiB, 1.2 GiB. */
export function bytes(value: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`;
}

/** 0:07, 12:30, 1:02:03. */
export function clock(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  const two = (value: number) => String(value).padStart(2, '0');
  return hours > 0 ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
}

/** Seconds that the rest takes when it goes on as so far; null while nothing can be said. */
export function secondsLeft(done: number, total: number, secondsSoFar: number): number | null {
  if (done <= 0 || total <= 0 || secondsSoFar <= 0) return null;
  return secondsSoFar * (Math.max(0, total - done) / done);
}
