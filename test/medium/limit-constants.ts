/** A bound that the sources name: a constant, or an entry of an object of default limits. */
export interface NamedLimit {
  readonly name: string;
  readonly path: string;
  readonly value: number;
  readonly exported: boolean;
  /** The sentence before it, as it stands in the source. */
  readonly comment: string;
}

/**
 * What counts as a limit by its name: it begins with MAX, MIN, DEFAULT or CONCURRENT, or ends in a unit or another
 * measure. A new measure is added here.
 */
const LIMIT_NAME =
  /^(MAX|MIN|DEFAULT|CONCURRENT)_|_(MS|BYTES|LENGTH|FACTOR|SHARE|ROUNDS|STRIKES|INTERVALS|TOLERANCE|PAGES|PIECES|CHILDREN)$/;

/** Widths that a format fixes: nothing can cross them. */
const FORMAT_FACTS = new Set([
  'FRAME_HEADER_BYTES',
  'PREFACE_BYTES',
  'NONCE_BYTES',
  'MERKLE_HASH_BYTES',
  'V1_HASH_BYTES',
  'HASH_BYTES',
  'HAVE_HEADER_BYTES',
  'LEAF_BLOCK_BYTES',
]);

export function mustBeListed({ name, exported }: NamedLimit): boolean {
  return exported && !FORMAT_FACTS.has(name) && (LIMIT_NAME.test(name) || /^[a-z]/.test(name));
}

/** Every constant of upper case that is a number, and every entry of an exported `DEFAULT_...LIMITS` object that is one. */
export function limitsIn(sources: ReadonlyMap<string, string>): NamedLimit[] {
  const declared = [...sources].flatMap(([path, text]) => [...declarations(path, text)]);
  const evaluated = new Map<Declaration, number | undefined>();
  const resolved = (declaration: Declaration): number | undefined => {
    if (evaluated.has(declaration)) return evaluated.get(declaration);
    evaluated.set(declaration, undefined);
    const value = evaluate(declaration.expression, (name) => {
      const sameFile = declared.find((other) => other.name === name && other.path === declaration.path);
      const other = sameFile ?? declared.find((candidate) => candidate.name === name);
      return other && resolved(other);
    });
    evaluated.set(declaration, value);
    return value;
  };
  return declared.flatMap(({ expression: _, ...rest }, index) => {
    const value = resolved(declared[index] as Declaration);
    return value === undefined ? [] : [{ ...rest, value }];
  });
}

type Declaration = Omit<NamedLimit, 'value'> & { readonly expression: string };

function* declarations(path: string, text: string): Generator<Declaration> {
  for (const match of text.matchAll(
    /(?:\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\s*)?^(export )?const ([A-Z][A-Z0-9_]*)(?:: number)? = ([^;]+);/gm,
  )) {
    const [, comment = '', exported, name = '', expression = ''] = match;
    yield { name, path, expression, exported: exported !== undefined, comment: plain(comment) };
  }
  const objects = text.matchAll(/^export const DEFAULT_(?:[A-Z_]+_)?LIMITS: \w+ = \{([^}]*)\}/gm);
  for (const [, body = ''] of objects)
    for (const [, name = '', expression = ''] of body.matchAll(/^\s*([a-z]\w*): ([^\n]+),$/gm)) {
      // An entry that repeats a constant may be listed by either name, and the constant is.
      const repeats = /^[A-Z][A-Z0-9_]*$/.test(expression);
      yield { name, path, expression, exported: !repeats, comment: '' };
    }
}

function plain(comment: string): string {
  return comment
    .replace(/\n\s*\*/g, ' ')
    .replace(/\{@link (\w+)\}/g, '$1')
    .replace(/\s+/g, ' ')
    .trim();
}

/** The value of an arithmetic expression over numbers and other constants; undefined for everything else. */
function evaluate(expression: string, constant: (name: string) => number | undefined): number | undefined {
  const withNumbers = expression
    .replace(/\b\d[\da-fx_]*/gi, (digits) => digits.replaceAll('_', ''))
    .replace(/\b[A-Z][A-Z0-9_]*\b/g, (name) => String(constant(name) ?? 'unknown'));
  if (!/^(0x[\da-f]+|[\d.]+(e\d+)?|[\s*+/()-])+$/i.test(withNumbers)) return undefined;
  const value: unknown = new Function(`return (${withNumbers})`)();
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}
