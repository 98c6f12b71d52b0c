"""Trees, spans, and what an unfinished text can become."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.syntax import text as texts
from txsh.report.diagnostic import render
from txsh.syntax.parser import expected, is_incomplete, parse
from txsh.syntax.source import Source
from txsh.syntax.tree import Call, Fails, ListValue, ObjectValue, Option, Transaction, Word


def statements(text: str) -> list[Call | Transaction]:
    script, mistakes = parse(Source("test.txsh", text))
    assert mistakes == []
    return list(script.statements)


def only_call(text: str) -> Call:
    (call,) = statements(text)
    assert isinstance(call, Call)
    return call


def only_word(text: str) -> Word:
    (word,) = only_call(f"echo {text}").arguments
    assert isinstance(word, Word)
    return word


def test_a_call_keeps_its_operands_and_options_in_order() -> None:
    call = only_call("backup drive0 job=j0 extra x-perf.max-chunk=1M")

    assert call.verb == "backup"
    assert [type(argument) for argument in call.arguments] == [Word, Option, Word, Option]
    option = call.arguments[3]
    assert isinstance(option, Option)
    assert isinstance(option.value, Word)
    assert (option.key, option.value.text) == ("x-perf.max-chunk", "1M")


def test_a_transaction_has_options_calls_and_what_must_be_refused() -> None:
    (transaction,) = statements('transaction cancel=all <\n  abort\n  backup drive0; wait > fails "no *"')

    assert isinstance(transaction, Transaction)
    assert [option.span.text for option in transaction.options] == ["cancel=all"]
    assert [call.verb for call in transaction.calls] == ["abort", "backup", "wait"]
    assert transaction.fails is not None
    assert transaction.fails.pattern is not None
    assert transaction.fails.pattern.text == "no *"


@pytest.mark.parametrize(
    "text", ["transaction <>", "transaction < >", "transaction <\n\n>", "transaction < ;; # a\n;>"]
)
def test_a_block_may_be_empty(text: str) -> None:
    (transaction,) = statements(text)

    assert isinstance(transaction, Transaction)
    assert transaction.calls == ()


def test_a_closing_mark_needs_no_space_before_it() -> None:
    (transaction,) = statements("transaction <bitmap-clear drive0.b0>")

    assert isinstance(transaction, Transaction)
    assert [call.span.text for call in transaction.calls] == ["bitmap-clear drive0.b0"]


@pytest.mark.parametrize(
    ("text", "pattern"),
    [("a b fails", None), ('a b fails "c d"', "c d"), ("a b fails *c*", "*c*"), ("a fails fails", "fails")],
)
def test_a_statement_may_say_that_it_fails(text: str, pattern: str | None) -> None:
    fails = only_call(text).fails

    assert isinstance(fails, Fails)
    assert (fails.pattern.text if fails.pattern else None) == pattern


def test_a_quoted_keyword_is_a_word() -> None:
    call = only_call('echo "fails"')

    assert call.fails is None
    assert [argument.span.text for argument in call.arguments] == ['"fails"']


def test_keywords_are_words_where_no_statement_and_no_end_can_be() -> None:
    call = only_call("echo transaction job=fails [fails, transaction]")

    assert call.fails is None
    assert len(call.arguments) == 3


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("drive0", ["drive0"]),
        ("drive0.b0", ["drive0", "b0"]),
        ('"my.node"."weird bitmap"', ["my.node", "weird bitmap"]),
        ('drive0."b 0"', ["drive0", "b 0"]),
        ('"my node".b0', ["my node", "b0"]),
        ('a."b".c."d"', ["a", "b", "c", "d"]),
        ('"a".', ["a", ""]),
        ('"a". b', ["a", ""]),
        ("1.5GiB", ["1", "5GiB"]),
        ("..", ["", "", ""]),
        ('"a.b"', ["a.b"]),
        ('""', [""]),
    ],
)
def test_a_word_is_split_at_the_dots_outside_quotes(text: str, parts: list[str]) -> None:
    (argument, *_) = only_call(f"echo {text}").arguments

    assert isinstance(argument, Word)
    assert [part.text for part in argument.parts] == parts
    assert argument.text == ".".join(parts)
    for part in argument.parts:
        assert part.span.text == (f'"{part.text}"' if part.quoted else part.text)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (r'"a\"b"', 'a"b'),
        (r'"\\\/\b\f\n\r\t"', "\\/\b\f\n\r\t"),
        (r'"\u00e9\u00E9"', "éé"),
        (r'"\ud83d\ude00"', "\U0001f600"),
        (r'"\\u00e9"', "\\u00e9"),
        ('"a\tb # c"', "a\tb # c"),
        ('"\u202e"', "\u202e"),
        ('"\\"\u200b"', '"\u200b'),
    ],
)
def test_a_quoted_word_has_the_escapes_of_json(text: str, value: str) -> None:
    word = only_word(text)

    assert word.text == value
    assert word.quoted


@pytest.mark.parametrize(
    "text",
    [
        "0123",
        "0x1000",
        "0+128K",
        "a#b",
        "é漢字",
        "nbd://host:10809/x?y",
        "*busy*",
        "/tmp/a.qcow2",
        "$x",
        "-1",
        "a:b",
        "e\u0301",
    ],
)
def test_a_bare_word_is_taken_as_it_is(text: str) -> None:
    word = only_word(text)

    assert word.text == text
    assert not word.quoted


def test_a_hash_right_after_an_equals_sign_starts_no_comment() -> None:
    (option,) = only_call("backup node=#block123").arguments

    assert isinstance(option, Option)
    assert option.value.span.text == "#block123"


def test_lists_and_objects_span_lines_and_have_comments() -> None:
    text = 'a from=[b, # first\n  [c]\n  , "d"\n] {\n"e": 1, # second\r\n"f" : {"g": []}\n}\nb'

    call, other = statements(text)

    assert isinstance(call, Call)
    option, members = call.arguments
    assert isinstance(option, Option)
    assert isinstance(option.value, ListValue)
    assert [item.span.text for item in option.value.items] == ["b", "[c]", '"d"']
    assert isinstance(members, ObjectValue)
    assert [(key.text, value.span.text) for key, value in members.members] == [("e", "1"), ("f", '{"g": []}')]
    assert other.span.text == "b"


def test_comments_are_kept_in_order() -> None:
    script, _ = parse(Source("", "# one\na b # two\n  a#b\t#three\r\na [c, # four\nd]\n#"))

    assert [comment.text for comment in script.comments] == ["# one", "# two", "#three", "# four", "#"]
    assert all(comment.span.text == comment.text for comment in script.comments)


@pytest.mark.parametrize(
    "text", ["a\nb", "a;b", "a ; b", "a\r\nb\r\n", ";a;;\n;b;", "\n\n a\n\tb", "a # c\nb # c", "#\na;b"]
)
def test_new_lines_and_semicolons_end_statements(text: str) -> None:
    assert [statement.span.text for statement in statements(text)] == ["a", "b"]


def test_a_backslash_continues_a_line() -> None:
    call = only_call("a b \\\n  c \\\r\n\td\\\n e")

    assert [argument.span.text for argument in call.arguments] == ["b", "c", "d", "e"]


def test_the_span_of_a_statement_ends_with_its_last_word() -> None:
    text = '  a b=[c ] fails "d" ;  transaction < e > fails  # x\nf {}  \n'

    spans = [statement.span.text for statement in statements(text)]

    assert spans == ['a b=[c ] fails "d"', "transaction < e > fails", "f {}"]


def test_words_of_later_issues_are_words_like_others() -> None:
    (call,) = statements("let x=1")

    assert isinstance(call, Call)
    assert call.verb == "let"


def test_a_statement_with_a_mistake_is_left_out_and_the_others_stay() -> None:
    text = "a\nb = c\nd >\ntransaction < e; f = g; h >\ni"

    script, mistakes = parse(Source("", text))

    assert [found.span.source.position(found.span.start)[0] for found in mistakes] == [2, 3, 4]
    assert [statement.span.text for statement in script.statements] == ["a", "d", "transaction < e; f = g; h >", "i"]
    transaction = script.statements[2]
    assert isinstance(transaction, Transaction)
    assert [call.verb for call in transaction.calls] == ["e", "h"]


def test_an_open_list_costs_only_the_lines_up_to_where_it_cannot_go_on() -> None:
    script, mistakes = parse(Source("", "a from=[b\nc # note\nd\n"))

    assert [found.name for found in mistakes] == ["unclosed-list"]
    assert [statement.span.text for statement in script.statements] == ["c", "d"]
    assert [comment.text for comment in script.comments] == ["# note"]


@pytest.mark.parametrize(
    "text",
    [
        "transaction <",
        "transaction <\n abort",
        "transaction < abort;",
        "a [",
        "a [b,",
        "a [b\n",
        'a {"b": ',
        "a {",
        "a \\",
        "transaction < a from=[b",
        "transaction < \\",
    ],
)
def test_a_text_that_more_lines_can_finish_is_incomplete(text: str) -> None:
    assert is_incomplete(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a",
        "a;",
        "# a \\",
        "transaction < abort >",
        "transaction",
        "a k=",
        'a "b',
        "a >",
        "a [b\nc",
        "transaction < abort fails",
        "b = c; transaction <",
        'a {"b"',
        "a \\\n",
    ],
)
def test_a_text_that_is_complete_or_wrong_is_not_incomplete(text: str) -> None:
    assert not is_incomplete(text)


@pytest.mark.parametrize(
    ("text", "terminals"),
    [
        ("", {"WORD", "TRANSACTION", "NEWLINE", "SEMICOLON", "$END"}),
        ("backup ", {"WORD", "KEY", "LSQB", "LBRACE", "FAILS", "NEWLINE", "SEMICOLON", "$END"}),
        ("backup job=", {"WORD", "LSQB", "LBRACE"}),
        ("transaction cancel=all ", {"WORD", "KEY", "LSQB", "LBRACE", "LESSTHAN"}),
        ("transaction < ", {"WORD", "NEWLINE", "SEMICOLON", "MORETHAN"}),
        ("transaction < abort ", {"WORD", "KEY", "LSQB", "LBRACE", "NEWLINE", "SEMICOLON", "MORETHAN"}),
        ("transaction < abort > ", {"FAILS", "NEWLINE", "SEMICOLON", "$END"}),
        ("a fails ", {"WORD", "NEWLINE", "SEMICOLON", "$END"}),
        ("a [b", {"COMMA", "RSQB", "NEWLINE"}),
        ('a {"b": c', {"COMMA", "RBRACE", "NEWLINE"}),
        ("a {", {"JSON_KEY", "RBRACE", "NEWLINE"}),
        ("a = b", set()),
        ("a = b\nwait j0 fails x", {"NEWLINE", "SEMICOLON", "$END"}),
    ],
)
def test_what_may_come_next_is_known_everywhere(text: str, terminals: set[str]) -> None:
    assert expected(text) == terminals


@given(st.text() | texts.soup | texts.spoilt_scripts())
@settings(max_examples=300, deadline=None)
def test_no_text_makes_it_raise(text: str) -> None:
    source = Source("any", text)

    script, mistakes = parse(source)

    for found in mistakes:
        assert 0 <= found.span.start <= found.span.end <= len(text)
        assert render(found)
    starts = [statement.span.start for statement in script.statements]
    assert starts == sorted(starts)
    assert isinstance(is_incomplete(text), bool)
    assert isinstance(expected(text), frozenset)


@settings(max_examples=100, deadline=None)
@given(st.text(st.characters(categories=["Cs", "Cc", "Cf"]), max_size=5))
def test_what_cannot_be_sent_is_always_refused_outside_quotes_and_comments(letters: str) -> None:
    _, mistakes = parse(Source("any", f"a b{letters}c"))

    assert bool(mistakes) == bool(letters.replace("\t", "").replace("\r\n", "").replace("\n", ""))


def test_half_a_letter_is_refused_in_quotes_too() -> None:
    _, mistakes = parse(Source("any", 'echo "\udce9" "\u200b"'))

    assert [found.name for found in mistakes] == ["not-utf-8"]


@pytest.mark.parametrize(
    "line", ["a [", "a ]", "a {", "a >", "a <", "a = b", 'a "b', "a [b\nc", "transaction <", "a (b", "'", "\\ a"]
)
def test_thousands_of_mistakes_are_read(line: str) -> None:
    text = (line + "\n") * 2000

    script, mistakes = parse(Source("many", text))

    assert mistakes
    assert len(script.statements) <= 2000 * 2
