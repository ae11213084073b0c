/** Most workgroups that a dispatch may have along one axis. */
const AXIS = 65535;

/** Workgroups for `count` independent pieces of work; a kernel finds its own as `group_index` (see GROUP_INDEX_WGSL). */
export function grid(count: number): [number, number, number] {
  return [Math.min(count, AXIS), Math.ceil(count / AXIS), 1];
}

export const GROUP_INDEX_WGSL = /* wgsl */ `
fn group_index(group: vec3<u32>) -> u32 { return group.y * ${AXIS}u + group.x; }
`;
