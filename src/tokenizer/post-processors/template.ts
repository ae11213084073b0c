import type { JsonReader } from '../json-reader.ts';
import { Encoding } from './encoding.ts';
import type { PostProcessor } from './read.ts';

/** A part of a template: one of the two texts, or special tokens. */
type TemplatePart = { text: number; type: number } | { ids: number[]; type: number };

/** TemplateProcessing: what stands around one text, and around and between two. */
export function readTemplate(json: JsonReader): PostProcessor {
  const special = json.get('special_tokens');
  const templates = [json.get('single'), json.get('pair')].map((template) =>
    template.list.map((part) => readPart(part, special)),
  );
  if (templates[0].some((part) => 'text' in part && part.text === 1)) {
    throw json.get('single').unsupported('TemplateProcessing', 'B');
  }
  return templateProcessing(templates[0], templates[1]);
}

function readPart(json: JsonReader, special: JsonReader): TemplatePart {
  const text = json.get('Sequence');
  if (!text.isNull) {
    const name = text.get('id').string;
    if (name !== 'A' && name !== 'B') throw text.unsupported('TemplateProcessing', name);
    return { text: name === 'A' ? 0 : 1, type: text.get('type_id').count };
  }
  const token = json.get('SpecialToken');
  const ids = special
    .get(token.get('id').string)
    .get('ids')
    .list.map((id) => id.count);
  return { ids, type: token.get('type_id').count };
}

export function templateProcessing(
  single: readonly TemplatePart[],
  pair: readonly TemplatePart[],
): PostProcessor {
  const of = (texts: number) => (texts === 2 ? pair : single);
  return {
    addedTokens: (texts) => of(texts).reduce((sum, part) => sum + ('ids' in part ? part.ids.length : 0), 0),
    trims: false,
    process: (encodings, add) => {
      const result: Encoding[] = [];
      for (const part of of(encodings.length)) {
        if ('text' in part) {
          const encoding = encodings[part.text];
          result.push(encoding.withType(part.type).withSequence(part.text));
        } else if (add) result.push(Encoding.ofSpecialTokens(part.ids, part.type));
      }
      return result;
    },
  };
}
