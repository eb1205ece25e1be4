"""The least that a batch of transfers costs: one set-based function with keys and running balances, and no other duty.

No floors, no holds, no states, no precision, no closed periods, no hashes, no books, no replays, no events, no guards.
"""

import random
from collections.abc import Callable
from decimal import Decimal

import psycopg

TABLES = """
CREATE SCHEMA plain;
SET search_path = plain;
CREATE TABLE account (
    id uuid PRIMARY KEY, balance numeric(38, 18) NOT NULL DEFAULT 0, version bigint NOT NULL DEFAULT 0
);
CREATE TABLE transfer (id bigserial PRIMARY KEY, key text NOT NULL UNIQUE, at timestamptz NOT NULL);
CREATE TABLE entry (id bigserial PRIMARY KEY, transfer bigint NOT NULL REFERENCES transfer, account uuid NOT NULL,
    amount numeric(38, 18) NOT NULL, after numeric(38, 18) NOT NULL, version bigint NOT NULL,
    UNIQUE (account, version));
CREATE FUNCTION post(p_key text[], p_from uuid[], p_to uuid[], p_amount numeric[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM 1 FROM account WHERE id = ANY(p_from || p_to) ORDER BY id FOR NO KEY UPDATE;
    WITH made AS (
        INSERT INTO transfer (key, at) SELECT key, now() FROM unnest(p_key) AS key RETURNING id, key
    ), asked AS (
        SELECT made.id, u.source, u.target, u.amount FROM unnest(p_key, p_from, p_to, p_amount)
            AS u(key, source, target, amount) JOIN made ON made.key = u.key
    ), legs AS (
        SELECT id, source AS account, -amount AS amount FROM asked UNION ALL SELECT id, target, amount FROM asked
    ), written AS (
        INSERT INTO entry (transfer, account, amount, after, version)
        SELECT l.id, l.account, l.amount, a.balance + sum(l.amount) OVER w, a.version + row_number() OVER w
        FROM legs l JOIN account a ON a.id = l.account WINDOW w AS (PARTITION BY l.account ORDER BY l.id)
        RETURNING account, amount
    )
    UPDATE account SET balance = balance + s.amount, version = version + s.many
    FROM (SELECT account, sum(amount) AS amount, count(*) AS many FROM written GROUP BY account) s
    WHERE s.account = account.id;
END $$;
INSERT INTO account (id) SELECT gen_random_uuid() FROM generate_series(1, 200);
"""


def make(opened: "psycopg.Connection[tuple[object, ...]]") -> list[object]:
    """Make the tables in a schema of their own; return the ids of 200 accounts."""
    opened.execute(TABLES)
    return [row[0] for row in opened.execute("SELECT id FROM account").fetchall()]


def batch_of(
    opened: "psycopg.Connection[tuple[object, ...]]", accounts: list[object], place: int, size: int
) -> Callable[[], None]:
    """Return the work that posts a batch of `size` transfers between random accounts."""
    choose = random.Random(place)
    pairs = [choose.sample(accounts, 2) for _ in range(size)]

    def work() -> None:
        columns = (
            [f"{place}:{number}" for number in range(size)],
            [str(source) for source, _ in pairs],
            [str(target) for _, target in pairs],
            [str(Decimal(1))] * size,
        )
        texts = ["{" + ",".join(column) + "}" for column in columns]
        opened.execute("SELECT post(%s::text[], %s::uuid[], %s::uuid[], %s::numeric[])", texts)

    return work
