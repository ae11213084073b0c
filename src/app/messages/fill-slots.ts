export type Slots = Record<string, string | number>;

/** Fills the slots of a text: `{name}` with its value, `{name|one|many}` with the word for that number of things. */
export function fillSlots(text: string, slots: Slots): string {
  return text.replace(
    /\{(\w+)(?:\|([^|}]*)\|([^}]*))?\}/g,
    (slot, name: string, one?: string, many?: string) => {
      const value = slots[name];
      if (value === undefined) return slot;
      if (one === undefined || many === undefined) return String(value);
      return String(value) === '1' ? one : many;
    },
  );
}
