"""What would keep a merchant's schema from moving to another machine or to Citus, found on plain PostgreSQL (docs/decisions/0001)."""

from django.db import connection

# Each query takes the schema and returns names of what it found. The rules were tried on Citus 13.2.
RULES = {
    "a table without a primary key cannot be moved while it is written": """
        SELECT relname FROM pg_class
        WHERE relnamespace = %s::regnamespace AND relkind IN ('r', 'p')
          AND NOT EXISTS (SELECT FROM pg_constraint WHERE conrelid = pg_class.oid AND contype = 'p')""",
    "a foreign key leaves the schema": """
        SELECT conrelid::regclass || '.' || conname FROM pg_constraint JOIN pg_class AS target ON target.oid = confrelid
        WHERE connamespace = %s::regnamespace AND contype = 'f' AND target.relnamespace <> connamespace""",
    "a trigger is not supported on distributed tables": """
        SELECT tgrelid::regclass || '.' || tgname FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid
        WHERE relnamespace = %s::regnamespace AND NOT tgisinternal""",
    "a rule rewrites statements behind the code's back": """
        SELECT tablename || '.' || rulename FROM pg_rules WHERE schemaname = %s""",
    "a table inherits": """
        SELECT inhrelid::regclass::text FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid
        WHERE relnamespace = %s::regnamespace AND NOT relispartition AND relkind = 'r'""",
    "an identity of 32 bits or less overflows, because each node has its own range": """
        SELECT table_name || '.' || column_name FROM information_schema.columns
        WHERE table_schema = %s AND is_identity = 'YES' AND data_type <> 'bigint'""",
    "a default calls a volatile function": """
        SELECT adrelid::regclass || '.' || attname
        FROM pg_attrdef
        JOIN pg_class ON pg_class.oid = adrelid
        JOIN pg_attribute ON attrelid = adrelid AND attnum = adnum
        WHERE relnamespace = %s::regnamespace
          AND EXISTS (SELECT FROM pg_proc WHERE provolatile = 'v' AND strpos(pg_get_expr(adbin, adrelid), proname || '(') > 0)""",
}


def portability_findings(schema: str) -> list[str]:
    """Return what keeps a schema from being portable, a line each: the rule and where it is broken. Empty when nothing does."""
    with connection.cursor() as cursor:
        findings = []
        for rule, query in RULES.items():
            cursor.execute(query, [schema])
            findings += [f"{rule}: {row[0]}" for row in cursor.fetchall()]
    return findings
