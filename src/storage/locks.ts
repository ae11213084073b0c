// navigator.locks, which pages of plain http do not have. What is given there holds among the users of one page or worker alone, as nothing
// lets two tabs of such a page know of each other.

interface LockOptions {
  mode?: 'exclusive' | 'shared';
  /** `work` gets null at once where the lock is held. */
  ifAvailable?: boolean;
  /** Ends the wait. */
  signal?: AbortSignal;
}

interface Held {
  shared: boolean;
  released: Promise<unknown>;
}

const held = new Map<string, Set<Held>>();

/** Does `work` while it has the lock of this name; `work` is told whether it has. */
export async function withLock<T>(
  name: string,
  options: LockOptions,
  work: (hasLock: boolean) => Promise<T>,
): Promise<T> {
  const { locks } = navigator as Partial<Navigator>;
  if (locks) return locks.request(name, options, (lock) => work(lock !== null));
  const { mode = 'exclusive', ifAvailable = false, signal } = options;
  const shared = mode === 'shared';
  const inTheWay = () => [...(held.get(name) ?? [])].filter((other) => !(shared && other.shared));
  for (let others = inTheWay(); others.length > 0; others = inTheWay()) {
    if (ifAvailable) return work(false);
    await untilReleased(others, signal);
  }
  signal?.throwIfAborted();
  let release = () => {};
  const own: Held = { shared, released: new Promise<void>((resolve) => (release = resolve)) };
  held.set(name, (held.get(name) ?? new Set()).add(own));
  try {
    return await work(true);
  } finally {
    held.get(name)?.delete(own);
    release();
  }
}

async function untilReleased(others: readonly Held[], signal?: AbortSignal): Promise<void> {
  signal?.throwIfAborted();
  const released = Promise.all(others.map((other) => other.released));
  if (!signal) return void (await released);
  let stopWaiting = () => {};
  const aborted = new Promise<never>((_, reject) => {
    stopWaiting = () => reject(signal.reason as Error);
    signal.addEventListener('abort', stopWaiting, { once: true });
  });
  try {
    await Promise.race([released, aborted]);
  } finally {
    signal.removeEventListener('abort', stopWaiting);
  }
}

/** The names of all locks that are held, by any tab where the browser knows. */
export async function heldLocks(): Promise<Set<string>> {
  const { locks } = navigator as Partial<Navigator>;
  if (locks) return new Set((await locks.query()).held?.flatMap(({ name }) => name ?? []));
  return new Set([...held].flatMap(([name, holders]) => (holders.size > 0 ? [name] : [])));
}
