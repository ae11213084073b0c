/** Values that outlive the visit, where the browser keeps any: in some private windows and sandboxes even to look for the store throws. */
export const keptValues: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'> = {
  getItem: (key) => unlessForbidden(() => localStorage.getItem(key)) ?? ofVisit.get(key) ?? null,
  setItem: (key, value) => {
    ofVisit.set(key, value);
    unlessForbidden(() => localStorage.setItem(key, value));
  },
  removeItem: (key) => {
    ofVisit.delete(key);
    unlessForbidden(() => localStorage.removeItem(key));
  },
};

/** Where nothing is kept, what was chosen holds until the page is closed. */
const ofVisit = new Map<string, string>();

/** Nothing is lost that anybody would miss more than once: no error, but the next visit begins as the first one. */
function unlessForbidden<T>(work: () => T): T | null {
  try {
    return work();
  } catch (error) {
    if (error instanceof DOMException || error instanceof ReferenceError) return null;
    throw error;
  }
}
