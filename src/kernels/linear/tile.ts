// How a workgroup cuts C into tiles. No single cut is good everywhere, so some are kept and timed once per device.

export interface Tile {
  name: string;
  /** Rows and columns of C per workgroup. */
  rows: number;
  columns: number;
  /** Rows and columns of C per thread: multiples of 4. */
  threadRows: number;
  threadColumns: number;
  /** Depth of the slices of A and B kept in workgroup memory; 0 = none kept, each thread loads into registers. */
  depth: number;
}

/** All within 128 invocations and 16 KiB of workgroup memory, which every adapter grants. */
export const tiles = {
  shared128x64: {
    name: 'shared128x64',
    rows: 128,
    columns: 64,
    threadRows: 8,
    threadColumns: 8,
    depth: 16,
  },
  shared64x64: { name: 'shared64x64', rows: 64, columns: 64, threadRows: 8, threadColumns: 8, depth: 16 },
  shared32x32: { name: 'shared32x32', rows: 32, columns: 32, threadRows: 4, threadColumns: 4, depth: 16 },
  registers32x64: {
    name: 'registers32x64',
    rows: 32,
    columns: 64,
    threadRows: 4,
    threadColumns: 8,
    depth: 0,
  },
} satisfies Record<string, Tile>;

export type TileName = keyof typeof tiles;

/** The tile for C with many tiles of 64 x 64, and the one that still fills the device when there are few. */
export interface TileChoice {
  large: TileName;
  small: TileName;
}

/** Sound on every GPU; `tuneTiles` finds what is fastest on this one. */
export const defaultTiles: TileChoice = { large: 'shared64x64', small: 'shared32x32' };

/**
 * For a processor that plays GPU. Its few threads are never idle, so a small C needs no small tile, and registers alone waste
 * nothing where C is no multiple of a tile. GFLOPS with 2 threads, registers32x64 against shared32x32 (shared64x64):
 * lavapipe 5.9 and 3.1 (5.0) for 1024 x 768 x 256, 5.8 and 5.7 (7.2) for 512 x 96 x 96; SwiftShader 0.83 and 0.55 (0.91), 0.74
 * and 0.41 (0.44).
 */
export const softwareTiles: TileChoice = { large: 'registers32x64', small: 'registers32x64' };

/** The tiles where none have been timed: the same at every visit. */
export function untimedTiles(gpu: { isSoftware: boolean }): TileChoice {
  return gpu.isSoftware ? softwareTiles : defaultTiles;
}

/** Whether something stored, perhaps by another version of the project, names tiles that there are. */
export function isTileChoice(value: unknown): value is TileChoice {
  const { large, small } = (value ?? {}) as Partial<Record<keyof TileChoice, unknown>>;
  return [large, small].every((name) => typeof name === 'string' && Object.hasOwn(tiles, name));
}

/** C with fewer tiles of 64 x 64 than this leaves a large GPU idle. */
const FEW_TILES = 256;

/** Nor is a tile worth its speed that is half empty. */
const MOST_PADDING = 1.3;

export function chooseTile(choice: TileChoice, M: number, N: number, batches: number): Tile {
  const [large, small] = [tiles[choice.large], tiles[choice.small]];
  const count = Math.ceil(M / 64) * Math.ceil(N / 64) * batches;
  const isEmpty = areaOf(large, M, N) > MOST_PADDING * areaOf(small, M, N);
  return count < FEW_TILES || isEmpty ? small : large;
}

/** Elements of C with all tiles whole. */
function areaOf({ rows, columns }: Tile, M: number, N: number): number {
  return Math.ceil(M / rows) * rows * (Math.ceil(N / columns) * columns);
}

export function threadsOf(tile: Tile): number {
  return (tile.rows / tile.threadRows) * (tile.columns / tile.threadColumns);
}
