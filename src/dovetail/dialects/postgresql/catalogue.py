"""The questions to PostgreSQL's catalogue: each for one table, or for all of a schema.

PostgreSQL manual, "System Catalogs".  Parameters: ``$1`` the schema, NULL for what the search
path finds; ``$2`` the table, NULL for all.
"""

_WHERE = """\
 (CASE WHEN $1::text IS NULL THEN pg_catalog.pg_table_is_visible(c.oid)
  AND n.nspname <> 'pg_catalog' ELSE n.nspname = $1::text END)"""

_OF_TABLE = f"{_WHERE} AND ($2::text IS NULL OR c.relname = $2::text)"

_RELATIONS = """\
 FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"""

SCHEMAS = """\
SELECT nspname::text FROM pg_catalog.pg_namespace
 WHERE nspname !~ '^pg_' ORDER BY nspname"""

NAMES = f"""\
SELECT c.relname::text{_RELATIONS}
 WHERE{_WHERE} AND c.relkind::text = ANY($2::text[]) AND c.relpersistence::text = ANY($3::text[])
 ORDER BY c.relname"""

TABLES = f"""\
SELECT c.relname::text, pg_catalog.obj_description(c.oid, 'pg_class'), c.oid::bigint{_RELATIONS}
 WHERE{_OF_TABLE} AND c.relkind IN ('r', 'p', 'f', 'v', 'm') ORDER BY c.relname"""

VIEW = f"""\
SELECT pg_catalog.pg_get_viewdef(c.oid){_RELATIONS}
 WHERE{_OF_TABLE} AND c.relkind IN ('v', 'm')"""

COLUMNS = f"""\
SELECT c.relname::text, a.attname::text, pg_catalog.format_type(a.atttypid, a.atttypmod),
 a.attnotnull, pg_catalog.pg_get_expr(d.adbin, d.adrelid), a.attidentity::text,
 a.attgenerated::text, pg_catalog.col_description(c.oid, a.attnum), t.typtype::text,
 coalesce(nullif(e.typtype::text, ''), ''), CASE WHEN t.typtype IN ('e', 'd') THEN t.oid::bigint
  WHEN e.typtype IN ('e', 'd') THEN e.oid::bigint END, a.attndims::int,
 CASE WHEN a.attcollation <> t.typcollation THEN l.collname::text END,
 s.seqstart, s.seqincrement, s.seqmin, s.seqmax, s.seqcache, s.seqcycle
{_RELATIONS}
 JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
 JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
 LEFT JOIN pg_catalog.pg_type e ON e.oid = t.typelem AND t.typcategory = 'A'
 LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
 LEFT JOIN pg_catalog.pg_collation l ON l.oid = a.attcollation
 LEFT JOIN (pg_catalog.pg_depend p JOIN pg_catalog.pg_sequence s ON s.seqrelid = p.objid)
  ON a.attidentity <> '' AND p.refobjid = a.attrelid AND p.refobjsubid = a.attnum
  AND p.classid = 'pg_catalog.pg_class'::regclass AND p.deptype = 'i'
 WHERE{_OF_TABLE} AND c.relkind IN ('r', 'p', 'f', 'v', 'm')
 ORDER BY c.relname, a.attnum"""

CONSTRAINTS = f"""\
SELECT c.relname::text, k.conname::text, k.contype::text,
 ARRAY(SELECT a.attname::text FROM unnest(k.conkey) WITH ORDINALITY AS u(num, place)
  JOIN pg_catalog.pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = u.num
  ORDER BY u.place),
 k.condeferrable, k.condeferred, k.convalidated,
 pg_catalog.obj_description(k.oid, 'pg_constraint'),
 ARRAY(SELECT a.attname::text FROM pg_catalog.pg_index i,
  unnest(i.indkey::int2[]) WITH ORDINALITY AS u(num, place)
  JOIN pg_catalog.pg_attribute a ON a.attnum = u.num
  WHERE i.indexrelid = k.conindid AND k.contype IN ('p', 'u') AND a.attrelid = k.conrelid
  AND u.place > i.indnkeyatts ORDER BY u.place),
 (SELECT (to_jsonb(i) ->> 'indnullsnotdistinct')::boolean FROM pg_catalog.pg_index i
  WHERE i.indexrelid = k.conindid AND k.contype = 'u'),
 CASE WHEN k.contype = 'c' THEN pg_catalog.pg_get_expr(k.conbin, k.conrelid, true) END,
 CASE WHEN k.contype = 'f' THEN ARRAY(
  SELECT a.attname::text FROM unnest(k.confkey) WITH ORDINALITY AS u(num, place)
  JOIN pg_catalog.pg_attribute a ON a.attrelid = k.confrelid AND a.attnum = u.num
  ORDER BY u.place) END,
 f.relname::text, m.nspname::text, pg_catalog.pg_table_is_visible(f.oid),
 k.confupdtype::text, k.confdeltype::text, k.confmatchtype::text, k.connoinherit,
 ARRAY(SELECT a.attname::text FROM jsonb_array_elements_text(
   coalesce(nullif(to_jsonb(k) -> 'confdelsetcols', 'null'), '[]')) AS u(num)
  JOIN pg_catalog.pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = u.num::int)
{_RELATIONS}
 JOIN pg_catalog.pg_constraint k ON k.conrelid = c.oid
 LEFT JOIN pg_catalog.pg_class f ON f.oid = k.confrelid
 LEFT JOIN pg_catalog.pg_namespace m ON m.oid = f.relnamespace
 WHERE{_OF_TABLE} AND k.contype::text = $3::text ORDER BY c.relname, k.conname"""

INDEXES = f"""\
SELECT c.relname::text, x.relname::text, i.indisunique, i.indnkeyatts::int,
 ARRAY(SELECT CASE WHEN u.num = 0 THEN NULL ELSE a.attname::text END
  FROM unnest(i.indkey::int2[]) WITH ORDINALITY AS u(num, place)
  LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum = u.num
  ORDER BY u.place),
 ARRAY(SELECT pg_catalog.pg_get_indexdef(i.indexrelid, u.place::int, true)
  FROM generate_series(1, i.indnkeyatts) AS u(place)),
 ARRAY(SELECT u.flag::int FROM unnest(i.indoption::int2[]) WITH ORDINALITY AS u(flag, place)
  ORDER BY u.place),
 am.amname::text, x.reloptions, pg_catalog.pg_get_expr(i.indpred, i.indrelid),
 (to_jsonb(i) ->> 'indnullsnotdistinct')::boolean, k.conname::text,
 ARRAY(SELECT CASE WHEN o.opcdefault THEN NULL ELSE o.opcname::text END
  FROM unnest(i.indclass::oid[]) WITH ORDINALITY AS u(class, place)
  JOIN pg_catalog.pg_opclass o ON o.oid = u.class ORDER BY u.place)
{_RELATIONS}
 JOIN pg_catalog.pg_index i ON i.indrelid = c.oid
 JOIN pg_catalog.pg_class x ON x.oid = i.indexrelid
 JOIN pg_catalog.pg_am am ON am.oid = x.relam
 LEFT JOIN pg_catalog.pg_constraint k ON k.conindid = i.indexrelid AND k.conrelid = i.indrelid
  AND k.contype IN ('p', 'u', 'x')
 WHERE{_OF_TABLE} AND NOT i.indisprimary ORDER BY c.relname, x.relname"""

ENUMS = """\
SELECT t.typname::text, n.nspname::text, pg_catalog.pg_type_is_visible(t.oid),
 ARRAY(SELECT e.enumlabel::text FROM pg_catalog.pg_enum e WHERE e.enumtypid = t.oid
  ORDER BY e.enumsortorder), t.oid::bigint
 FROM pg_catalog.pg_type t JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
 WHERE t.typtype = 'e' ORDER BY n.nspname, t.typname"""

DOMAINS = """\
SELECT t.typname::text, n.nspname::text, pg_catalog.pg_type_is_visible(t.oid),
 pg_catalog.format_type(t.typbasetype, t.typtypmod), NOT t.typnotnull, t.typdefault,
 (SELECT coalesce(json_agg(json_build_object('name', k.conname, 'check',
   pg_catalog.pg_get_constraintdef(k.oid, true)) ORDER BY k.conname), '[]')::text
  FROM pg_catalog.pg_constraint k WHERE k.contypid = t.oid AND k.contype = 'c'),
 CASE WHEN t.typcollation <> b.typcollation THEN l.collname::text END, t.oid::bigint
 FROM pg_catalog.pg_type t JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
 JOIN pg_catalog.pg_type b ON b.oid = t.typbasetype
 LEFT JOIN pg_catalog.pg_collation l ON l.oid = t.typcollation
 WHERE t.typtype = 'd' AND n.nspname <> 'information_schema' ORDER BY n.nspname, t.typname"""

TYPES = """\
SELECT t.typname::text FROM pg_catalog.pg_type t
 JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
 WHERE (CASE WHEN $1::text IS NULL THEN pg_catalog.pg_type_is_visible(t.oid)
  AND n.nspname <> 'pg_catalog' ELSE n.nspname = $1::text END)
 AND (t.typrelid = 0 AND t.typelem = 0)"""
