/** What of a collection's schema matters to others, and the validator for what they send. */
import { Validator } from '@cfworker/json-schema';
import { sha256 } from '@noble/hashes/sha2.js';
import { type Body, base64url, canonicalJson } from '@rxdb-p2p/protocol';
import type { ValidateBody } from './content.ts';
import { isRxdbField } from './document.ts';
import { compileQuickCheck } from './quick-check.ts';
import { boundSchema } from './schema-bounds.ts';

/** A JSON schema as RxDB keeps it; nothing of it is trusted to have a shape. */
type Schema = Readonly<Record<string, unknown>>;

/** Words that change how a document is stored or described, not which documents are right. */
const IGNORED: ReadonlySet<string> = new Set([
  'title',
  'description',
  'examples',
  '$comment',
  'encrypted',
  'indexes',
  'ref',
  'final',
]);

/** SHA-256 of the canonical schema, base64url: peers whose schemas differ are refused. */
export function hashSchema(schema: Schema): string {
  const { type, properties, required, additionalProperties } = applicationSchema(schema);
  const { version, primaryKey } = schema;
  const canonical = canonicalJson({ version, primaryKey, type, properties, required, additionalProperties });
  return base64url(sha256(new TextEncoder().encode(canonical)));
}

/**
 * Validates without generating code, so that it works under a strict Content-Security-Policy; the verdict depends on
 * the document and the schema alone.
 */
export function createValidator(schema: Schema): ValidateBody {
  const application = applicationSchema(schema);
  const bounded = boundSchema(application);
  const validator = new Validator(bounded.schema as Schema, '7', true);
  const certainlyValid = compileQuickCheck(application);
  return (body) => {
    if (certainlyValid?.(body)) return undefined;
    const broken = bounded.broken(body, '#');
    if (broken !== undefined) return `it breaks the schema at ${broken}`;
    return verdictOf(validator, body);
  };
}

function verdictOf(validator: Validator, body: Body): string | undefined {
  try {
    const { valid, errors } = validator.validate(body);
    if (valid) return undefined;
    // The last one is the innermost.
    const reason = errors[errors.length - 1];
    if (reason === undefined) return 'it breaks the schema';
    return `it breaks the schema at ${reason.instanceLocation}: ${reason.keyword}`;
  } catch (error) {
    // A `$ref` that leads nowhere, say: nothing can be said for any document, so none is shown.
    return `its schema cannot be applied: ${error instanceof Error ? error.message : String(error)}`;
  }
}

/** The schema without RxDB's own fields and without what does not decide about documents. */
function applicationSchema(schema: Schema): Schema {
  const cleaned = clean(schema) as { properties?: Record<string, unknown>; required?: unknown };
  const properties = Object.fromEntries(
    Object.entries(cleaned.properties ?? {}).filter(([name]) => !isRxdbField(name)),
  );
  const required = Array.isArray(cleaned.required)
    ? cleaned.required.filter((name) => !isRxdbField(String(name))).sort()
    : [];
  return { ...cleaned, properties, required };
}

function clean(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(clean);
  if (typeof schema !== 'object' || schema === null) return schema;
  const cleaned: Record<string, unknown> = {};
  for (const [keyword, value] of Object.entries(schema)) {
    if (IGNORED.has(keyword)) continue;
    const isMap = keyword === 'properties' || keyword === 'patternProperties';
    cleaned[keyword] = isMap
      ? Object.fromEntries(Object.entries(value as object).map(([name, inner]) => [name, clean(inner)]))
      : clean(value);
  }
  return cleaned;
}
