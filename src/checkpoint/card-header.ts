import { parse } from 'yaml';

/** What the head of a model's or a data set's README.md says, by the names of the hub. What it does not say is empty. */
export interface CardHeader {
  /** SPDX ids in small letters, or `other` with a name and a link. */
  license: string[];
  license_name: string[];
  license_link: string[];
  base_model: string[];
  datasets: string[];
}

const frontMatter = /^\uFEFF?---[ \t]*\r?\n(.*?)\r?\n---[ \t]*(?:\r?\n|$)/s;

/** A card tells, and refuses nothing: a head that cannot be read says nothing. */
export function readCardHeader(readme: Uint8Array | undefined): CardHeader {
  const fields = fieldsOf(new TextDecoder().decode(readme));
  const strings = (name: string) =>
    [fields[name]].flat().filter((value): value is string => typeof value === 'string' && value !== '');
  return {
    license: strings('license').filter((id) => id !== 'unknown'),
    license_name: strings('license_name'),
    license_link: strings('license_link'),
    base_model: strings('base_model'),
    datasets: strings('datasets'),
  };
}

function fieldsOf(readme: string): Record<string, unknown> {
  const [, head = ''] = frontMatter.exec(readme) ?? [];
  try {
    const fields: unknown = parse(head);
    return typeof fields === 'object' && fields !== null ? (fields as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
