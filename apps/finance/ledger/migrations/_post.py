"""The posting function: the only writer of journals, entries, holds and balances.

It runs as the owner of the tables; the application's role may call it and only read what it writes. All arguments are
parallel arrays: accounts (`a_id`, sorted, each once) and holds that are used or given back (`h_id`, the same); journals
(`j_`) with their legs in one row (`j_legs` says how many each has; `l_account` is a place in `a_id`); uses of holds (`u_`;
`u_journal` 0: the amount is given back; amount NULL: all that remains; in the journals' order); new holds (`r_`). An empty
array stands for one of NULLs. Steps: lock every account once, sorted, `FOR NO KEY UPDATE`; find what was booked under the
same keys before; check states, precision, floors, holds and closed periods in loops over those arrays (a statement of SQL
costs as much as a hundred steps of a loop); write everything set-wise. Refusals carry SQLSTATE OL…; their DETAIL is JSON.
"""

POST = """
CREATE OR REPLACE FUNCTION ledger_refuse(p_code text, p_detail jsonb) RETURNS void LANGUAGE plpgsql AS $refuse$
BEGIN
    RAISE EXCEPTION USING ERRCODE = p_code, MESSAGE = 'refused by the ledger', DETAIL = p_detail::text;
END $refuse$;

CREATE OR REPLACE FUNCTION ledger_refuse_account(p_code text, p_account uuid, p_detail jsonb) RETURNS void
LANGUAGE plpgsql AS $refuse$
BEGIN
    PERFORM ledger_refuse(p_code, p_detail || (SELECT jsonb_build_object('code', p_code, 'account', id, 'asset', asset,
        'kind', kind, 'precision', precision) FROM ledger_account WHERE id = p_account));
END $refuse$;

CREATE OR REPLACE FUNCTION ledger_content(
    p_uid uuid, p_key text, p_book text, p_mode text, p_kind text, p_effective timestamptz, p_booked timestamptz,
    p_actor_kind text, p_actor_id uuid, p_subject uuid, p_reverses bigint, p_legs text
) RETURNS text LANGUAGE sql STABLE AS $content$
    SELECT encode(sha256(convert_to(p_uid::text || '|' || p_key || '|' || p_book || '|' || p_mode || '|' || p_kind || '|'
        || extract(epoch FROM p_effective)::text || '|' || extract(epoch FROM p_booked)::text || '|' || p_actor_kind || '|'
        || coalesce(p_actor_id::text, '') || '|' || coalesce(p_subject::text, '') || '|'
        || coalesce(p_reverses::text, '') || '|' || p_legs, 'UTF8')), 'hex')
$content$;

CREATE OR REPLACE FUNCTION ledger_post(
    p_now timestamptz, p_actor_kind text, p_actor_id uuid, p_request_id text, p_event uuid, a_id uuid[],
    j_uid uuid[], j_key text[], j_book text[], j_mode text[], j_kind text[], j_effective timestamptz[],
    j_subject uuid[], j_reverses bigint[], j_legs int[],
    l_account int[], l_amount numeric[],
    h_id uuid[] DEFAULT '{}', u_journal int[] DEFAULT '{}', u_hold int[] DEFAULT '{}', u_amount numeric[] DEFAULT '{}',
    r_id uuid[] DEFAULT '{}', r_key text[] DEFAULT '{}', r_account int[] DEFAULT '{}', r_amount numeric[] DEFAULT '{}',
    r_purpose text[] DEFAULT '{}', r_subject uuid[] DEFAULT '{}', r_expires timestamptz[] DEFAULT '{}',
    r_cover boolean[] DEFAULT '{}',
    OUT o_replays int[], OUT o_journals uuid[], OUT o_held_replays int[], OUT o_holds uuid[],
    OUT o_accounts uuid[], OUT o_balances numeric[], OUT o_held numeric[], OUT o_transaction text
) LANGUAGE plpgsql SECURITY DEFINER AS $post$
#variable_conflict use_column
DECLARE
    v_all uuid[]; v_side int[]; v_state text[]; v_precision int[]; v_floor numeric[];
    v_balance numeric[]; v_held numeric[]; v_version bigint[];
    n_balance numeric[]; n_held numeric[]; n_version bigint[]; v_cover boolean[];
    v_closed timestamptz; v_is_late boolean := false; v_code text; v_account uuid; v_short uuid; v_faulty text;
    e_hash text[]; v_id bigint[]; v_hash text[]; v_content text[]; v_fresh uuid[]; v_moved uuid[] := '{}';
    w_place int[]; w_after numeric[]; w_version bigint[]; w_text text[]; w_used numeric[];
    h_account int[]; h_state text[]; h_remaining numeric[]; h_expires timestamptz[]; h_used numeric[]; h_released numeric[];
    h_rest boolean[]; h_seen boolean[]; v_is_unfit boolean := false; n_hash text[];
    v_from int; v_to int := 0; v_use int := 1; v_place int; v_text text; v_uses text; v_effective timestamptz;
    v_amount numeric; k int; h int;
BEGIN
    o_transaction := pg_current_xact_id()::text;
    IF cardinality(h_id) > 0 THEN
        v_all := ARRAY(SELECT unnest(a_id) AS id UNION SELECT account_id FROM ledger_hold WHERE id = ANY(h_id) ORDER BY id);
        IF v_all <> a_id THEN
            l_account := ARRAY(SELECT array_position(v_all, a_id[account])
                FROM unnest(l_account) WITH ORDINALITY AS l(account, place) ORDER BY place);
            r_account := ARRAY(SELECT array_position(v_all, a_id[account])
                FROM unnest(r_account) WITH ORDINALITY AS r(account, place) ORDER BY place);
            a_id := v_all;
        END IF;
    END IF;
    SELECT array_agg(id), array_agg(side), array_agg(state), array_agg(precision), array_agg(floor), array_agg(balance),
        array_agg(held), array_agg(version)
    INTO v_all, v_side, v_state, v_precision, v_floor, v_balance, v_held, v_version
    FROM (
        SELECT id, side, state, precision, floor, balance, held, version FROM ledger_account WHERE id = ANY(a_id)
        ORDER BY id FOR NO KEY UPDATE
    ) s;
    IF a_id <> coalesce(v_all, '{}') THEN
        PERFORM ledger_refuse('OL404', '{}');
    END IF;
    n_balance := v_balance; n_held := v_held; n_version := v_version;

    -- What was booked under these keys before. Everybody who knows a key names the same accounts, so the locks decide.
    IF cardinality(j_effective) > 0
        AND (SELECT min(moment) FROM unnest(j_effective) AS moment) < p_now - interval '5 minutes' THEN
        PERFORM pg_advisory_xact_lock_shared(7894, hashtext(current_schema()));
    END IF;
    IF cardinality(j_uid) > 0 THEN
        SELECT (SELECT max(until) FROM ledger_periodclose WHERE reopened_at IS NULL), array_agg(j.place),
            array_agg(e.uid), array_agg(e.input_hash)
        INTO v_closed, o_replays, o_journals, e_hash
        FROM unnest(j_key) WITH ORDINALITY AS j(key, place) JOIN ledger_journal e ON e.key = j.key;
    END IF;

    -- The journals: hashes, and the legs of new ones with running balances and versions.
    FOR p IN 1 .. cardinality(j_uid) LOOP
        v_from := v_to + 1; v_to := v_to + j_legs[p];
        FOR q IN v_from .. v_to LOOP
            w_text[q] := a_id[l_account[q]]::text || ':' || trim_scale(l_amount[q])::text;
        END LOOP;
        IF v_to - v_from <> 1 THEN
            v_text := (SELECT string_agg(w_text[i], ',' ORDER BY l_account[i]) FROM generate_series(v_from, v_to) AS i);
        ELSIF l_account[v_from] < l_account[v_to] THEN
            v_text := w_text[v_from] || ',' || w_text[v_to];
        ELSE
            v_text := w_text[v_to] || ',' || w_text[v_from];
        END IF;
        v_uses := '';
        IF u_journal[v_use] = p THEN
            h := v_use;
            WHILE u_journal[v_use] = p LOOP
                v_use := v_use + 1;
            END LOOP;
            v_uses := (SELECT string_agg(h_id[u_hold[i]] || ':' || trim_scale(u_amount[i]), ',' ORDER BY u_hold[i])
                FROM generate_series(h, v_use - 1) AS i);
        END IF;
        v_hash[p] := encode(sha256(convert_to(concat_ws('|', j_book[p], j_mode[p], j_kind[p],
            coalesce(extract(epoch FROM j_effective[p])::text, ''), coalesce(j_subject[p]::text, ''),
            coalesce(j_reverses[p]::text, ''), v_text, v_uses), 'UTF8')), 'hex');
        v_place := array_position(o_replays, p);
        IF v_place > 0 THEN
            IF e_hash[v_place] <> v_hash[p] THEN
                v_faulty := least(v_faulty, j_key[p]);
            END IF;
            CONTINUE;
        END IF;
        v_id[p] := nextval('ledger_journal_id_seq');
        v_effective := coalesce(j_effective[p], p_now);
        v_is_late := v_is_late OR v_effective < v_closed;
        FOR q IN v_from .. v_to LOOP
            k := l_account[q];
            v_amount := l_amount[q];
            n_balance[k] := n_balance[k] + v_amount;
            n_version[k] := n_version[k] + 1;
            IF v_state[k] <> 'open' OR min_scale(v_amount) > v_precision[k] THEN
                IF v_code IS NULL AND (v_state[k] <> 'frozen' OR v_side[k] * v_amount < 0
                    OR min_scale(v_amount) > v_precision[k]) THEN
                    v_account := a_id[k];
                    v_code := CASE WHEN v_state[k] = 'closed' THEN 'OL410'
                        WHEN v_state[k] = 'frozen' AND v_side[k] * v_amount < 0 THEN 'OL403' ELSE 'OL422' END;
                END IF;
            ELSIF v_short IS NULL AND v_side[k] * v_amount < 0 AND v_side[k] * n_balance[k] < v_floor[k] THEN
                v_short := a_id[k];
            END IF;
            w_place[q] := p;
            w_after[q] := n_balance[k];
            w_version[q] := n_version[k];
            w_text[q] := w_text[q] || ':' || trim_scale(n_balance[k])::text || ':' || n_version[k]::text;
        END LOOP;
        IF v_to - v_from <> 1 THEN
            v_text := (SELECT string_agg(w_text[i], ',' ORDER BY l_account[i]) FROM generate_series(v_from, v_to) AS i);
        ELSIF l_account[v_from] < l_account[v_to] THEN
            v_text := w_text[v_from] || ',' || w_text[v_to];
        ELSE
            v_text := w_text[v_to] || ',' || w_text[v_from];
        END IF;
        v_content[p] := ledger_content(j_uid[p], j_key[p], j_book[p], j_mode[p], j_kind[p], v_effective, p_now,
            p_actor_kind, p_actor_id, j_subject[p], j_reverses[p], v_text);
    END LOOP;
    IF v_faulty IS NOT NULL THEN
        PERFORM ledger_refuse('OL409', jsonb_build_object('key', v_faulty));
    ELSIF v_code IS NOT NULL THEN
        PERFORM ledger_refuse_account(v_code, v_account, '{}');
    ELSIF v_is_late THEN
        PERFORM ledger_refuse('OL423', jsonb_build_object('until', v_closed));
    END IF;

    -- Holds that are used or given back. A hold is settled by money that leaves its account, and by no more than leaves.
    IF cardinality(h_id) > 0 THEN
        SELECT array_agg(array_position(a_id, h.account_id) ORDER BY u.place), array_agg(h.state ORDER BY u.place),
            array_agg(h.remaining ORDER BY u.place), array_agg(h.expires_at ORDER BY u.place),
            array_agg(0::numeric), array_agg(0::numeric)
        INTO h_account, h_state, h_remaining, h_expires, h_used, h_released
        FROM unnest(h_id) WITH ORDINALITY AS u(id, place) LEFT JOIN ledger_hold h ON h.id = u.id;
        v_place := 0; v_to := 0;
        FOR u IN 1 .. cardinality(u_hold) LOOP
            h := u_hold[u];
            IF u_journal[u] = 0 THEN
                h_seen[h] := true;
                h_rest[h] := coalesce(h_rest[h], false) OR u_amount[u] IS NULL;
                h_released[h] := h_released[h] + coalesce(u_amount[u], 0);
            ELSIF v_id[u_journal[u]] IS NOT NULL THEN
                h_seen[h] := true;
                h_used[h] := h_used[h] + u_amount[u];
                WHILE v_place < u_journal[u] LOOP
                    v_place := v_place + 1; v_from := v_to + 1; v_to := v_to + j_legs[v_place];
                END LOOP;
                k := NULL;
                FOR q IN v_from .. v_to LOOP
                    IF l_account[q] = h_account[h] THEN
                        k := q;
                    END IF;
                END LOOP;
                IF k IS NULL OR v_place <> u_journal[u] THEN
                    v_is_unfit := true;
                ELSE
                    w_used[k] := coalesce(w_used[k], 0) + u_amount[u];
                    v_is_unfit := v_is_unfit OR w_used[k] > -v_side[l_account[k]] * l_amount[k];
                END IF;
            END IF;
        END LOOP;
        FOR h IN 1 .. cardinality(h_id) LOOP
            CONTINUE WHEN h_seen[h] IS NULL;
            IF h_account[h] IS NULL THEN
                PERFORM ledger_refuse('OL414', jsonb_build_object('hold', h_id[h]));
            END IF;
            k := h_account[h];
            IF h_rest[h] THEN
                h_released[h] := h_remaining[h] - h_used[h];
            END IF;
            v_code := CASE
                WHEN h_state[h] <> 'open' OR h_used[h] > 0 AND h_expires[h] <= p_now THEN 'OL411'
                WHEN min_scale(h_used[h]) > v_precision[k] OR min_scale(h_released[h]) > v_precision[k] THEN 'OL422'
                WHEN h_used[h] + greatest(h_released[h], 0) > h_remaining[h] THEN 'OL412'
            END;
            IF v_code IS NOT NULL THEN
                PERFORM ledger_refuse_account(v_code, a_id[k],
                    jsonb_build_object('hold', h_id[h], 'state', h_state[h], 'remaining', h_remaining[h]));
            END IF;
            n_held[k] := n_held[k] - h_used[h] - h_released[h];
        END LOOP;
        IF v_is_unfit OR u_journal[v_use] > 0 THEN
            PERFORM ledger_refuse('OL413', '{}');
        END IF;
    END IF;

    -- New holds.
    IF cardinality(r_id) > 0 THEN
        SELECT array_agg(r.place), array_agg(h.id), array_agg(h.input_hash) INTO o_held_replays, o_holds, e_hash
        FROM unnest(r_key) WITH ORDINALITY AS r(key, place) JOIN ledger_hold h ON h.key = r.key;
        FOR p IN 1 .. cardinality(r_id) LOOP
            k := r_account[p];
            v_text := encode(sha256(convert_to(concat_ws('|', a_id[k], trim_scale(r_amount[p]), r_purpose[p],
                coalesce(r_subject[p]::text, '')), 'UTF8')), 'hex');
            v_place := array_position(o_held_replays, p);
            IF v_place > 0 THEN
                IF e_hash[v_place] <> v_text THEN
                    PERFORM ledger_refuse('OL409', jsonb_build_object('key', r_key[p]));
                END IF;
                CONTINUE;
            END IF;
            IF v_state[k] <> 'open' OR r_amount[p] <= 0 OR coalesce(min_scale(r_amount[p]) > v_precision[k], true) THEN
                PERFORM ledger_refuse_account(CASE v_state[k] WHEN 'closed' THEN 'OL410' WHEN 'frozen' THEN 'OL403'
                    ELSE 'OL422' END, a_id[k], jsonb_build_object('key', r_key[p]));
            END IF;
            n_hash[p] := v_text;
            n_held[k] := n_held[k] + r_amount[p];
            v_cover[k] := coalesce(v_cover[k], false) OR r_cover[p];
        END LOOP;
    END IF;

    -- What changes on each account, and whether it may.
    o_accounts := a_id;
    FOR k IN 1 .. cardinality(a_id) LOOP
        IF v_short IS NULL AND v_side[k] * (n_balance[k] - v_balance[k]) < n_held[k] - v_held[k]
            AND v_side[k] * n_balance[k] - n_held[k] < (CASE WHEN v_cover[k] THEN coalesce(v_floor[k], 0) ELSE v_floor[k] END)
        THEN
            v_short := a_id[k];
        END IF;
        IF n_version[k] > v_version[k] THEN
            v_moved := v_moved || a_id[k];
        END IF;
        o_balances[k] := trim_scale(n_balance[k]);
        o_held[k] := trim_scale(n_held[k]);
    END LOOP;
    IF v_short IS NOT NULL THEN
        k := array_position(a_id, v_short);
        PERFORM ledger_refuse_account('OL402', v_short, jsonb_build_object('available',
            v_side[k] * v_balance[k] - v_held[k] - coalesce(v_floor[k], 0)));
    END IF;

    IF v_id IS NOT NULL THEN
        WITH written AS (
            INSERT INTO ledger_journal (id, uid, book, mode, kind, key, input_hash, effective_at, booked_at, actor_kind,
                actor_id, subject_id, reverses_id, content_hash)
            SELECT v_id[p], j_uid[p], j_book[p], j_mode[p], j_kind[p], j_key[p], v_hash[p], coalesce(j_effective[p], p_now),
                p_now, p_actor_kind, p_actor_id, j_subject[p], j_reverses[p], v_content[p]
            FROM generate_series(1, cardinality(j_uid)) AS p WHERE v_id[p] IS NOT NULL
        )
        INSERT INTO ledger_entry (journal_id, account_id, amount, balance_after, version, effective_at, booked_at)
        SELECT v_id[w_place[q]], a_id[l_account[q]], l_amount[q], w_after[q], w_version[q],
            coalesce(j_effective[w_place[q]], p_now), p_now
        FROM generate_series(1, cardinality(l_account)) AS q WHERE w_place[q] IS NOT NULL;
        v_fresh := j_uid;
        IF o_replays IS NOT NULL THEN
            v_fresh := ARRAY(SELECT j_uid[p] FROM generate_series(1, cardinality(j_uid)) AS p WHERE v_id[p] IS NOT NULL);
        END IF;
        INSERT INTO core_outboxevent (uid, created_at, name, version, payload, actor_kind, actor_id, request_id, attempts,
            next_attempt_at, last_error)
        VALUES (p_event, p_now, 'ledger.journals_posted', 1,
            jsonb_build_object('journal_ids', to_jsonb(v_fresh), 'account_ids', to_jsonb(v_moved)),
            p_actor_kind, p_actor_id, p_request_id, 0, p_now, '');
    END IF;
    IF cardinality(h_id) > 0 THEN
        UPDATE ledger_hold SET remaining = remaining - h_used[p] - h_released[p], settled = settled + h_used[p],
            released = released + h_released[p],
            state = CASE WHEN remaining > h_used[p] + h_released[p] THEN 'open'
                WHEN settled + h_used[p] > 0 THEN 'settled'
                WHEN expires_at <= p_now THEN 'expired' ELSE 'released' END,
            ended_at = CASE WHEN remaining > h_used[p] + h_released[p] THEN NULL ELSE p_now END
        FROM generate_series(1, cardinality(h_id)) AS p WHERE id = h_id[p] AND h_seen[p];
    END IF;
    IF n_hash IS NOT NULL THEN
        INSERT INTO ledger_hold (id, created_at, account_id, key, input_hash, purpose, subject_id, amount, remaining,
            settled, released, state, expires_at)
        SELECT r_id[p], p_now, a_id[r_account[p]], r_key[p], n_hash[p], r_purpose[p], r_subject[p], r_amount[p], r_amount[p],
            0, 0, 'open', r_expires[p]
        FROM generate_series(1, cardinality(r_id)) AS p WHERE n_hash[p] IS NOT NULL;
    END IF;
    UPDATE ledger_account SET balance = n_balance[p], held = n_held[p], version = n_version[p]
    FROM generate_series(1, cardinality(a_id)) AS p
    WHERE id = a_id[p] AND (n_version[p] > v_version[p] OR n_held[p] <> v_held[p]);
END $post$;

DO $path$ BEGIN
    EXECUTE format('ALTER FUNCTION ledger_post SET search_path = %I, public, pg_temp', current_schema());
    -- Plans are made when the tables are small and live as long as the connection: only those that stay good as they grow.
    ALTER FUNCTION ledger_post SET plan_cache_mode = force_generic_plan;
    ALTER FUNCTION ledger_post SET enable_seqscan = off;
    ALTER FUNCTION ledger_post SET enable_hashjoin = off;
    ALTER FUNCTION ledger_post SET enable_mergejoin = off;
    ALTER FUNCTION ledger_post SET jit = off;
END $path$;
"""
