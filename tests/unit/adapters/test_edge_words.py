import pytest

from adapters import clients
from adapters.edge_words import AGAIN_SECONDS, KEPT_SECONDS, EdgeCheck, EdgeWords
from schemas.errors import RetryLaterError, ThrottledError


@pytest.fixture(params=["no value", "a random word", "json of something else", "a list"])
def words(request):
    value = {
        "a random word": {"SecretString": "pA55w0rd"},
        "json of something else": {"SecretString": '{"generation": 1}'},
        "a list": {"SecretString": '["x"]'},
    }.get(request.param, {})
    client = clients.secretsmanager()
    return EdgeWords(client, client.create_secret(Name="edge", **value)["ARN"])


def test_a_new_secret_holds_none_and_the_first_is_made(words):
    assert words.read() == {}
    words.make("1")
    ((name, word),) = words.read().items()
    assert name == "generation1"
    assert len(word) == 64
    assert word.isascii()
    assert word.replace("-", "").replace("_", "").isalnum()


def test_the_same_generation_keeps_its_word(words):
    words.make("1")
    before = words.read()
    words.make("1")
    assert words.read() == before


def test_the_next_one_stands_beside_the_one_before(words):
    words.make("1")
    first = words.read()
    words.make("2")
    assert words.read().items() > first.items()
    assert len(set(words.read().values())) == 2


def test_the_one_before_that_is_forgotten(words):
    for generation in "123":
        words.make(generation)
    assert list(words.read()) == ["generation2", "generation3"]


def test_a_turn_that_is_rolled_back_keeps_the_word_that_is_said(words):
    words.make("1")
    said = words.read()["generation1"]
    for generation in "212":
        words.make(generation)
    assert words.read()["generation1"] == said


def test_a_secret_that_is_gone_holds_none():
    client = clients.secretsmanager()
    arn = "arn:aws:secretsmanager:us-east-1:123456789012:secret:x"
    assert EdgeWords(client, arn).read() == {}


class Secret:
    """What the check reads: words, or an error."""

    def __init__(self, *words):
        self.words, self.reads, self.now = words, 0, 1000.0

    def read(self):
        self.reads += 1
        if isinstance(self.words, Exception):
            raise self.words
        return {f"generation{n}": word for n, word in enumerate(self.words)}

    def check(self):
        return EdgeCheck(self.read, lambda: self.now)


AWAY = [RetryLaterError("did not answer"), ThrottledError("busy")]


def test_the_word_and_the_one_before_are_known_and_no_other():
    check = Secret("old", "new").check()
    assert [check.knows(word) for word in ("old", "new", "ol", "neww", "", "é")] == [
        *(True, True),
        *(False, False, False, False),
    ]


def test_no_word_at_all_costs_no_look():
    secret = Secret("word")
    assert not secret.check().knows("")
    assert secret.reads == 0


def test_the_words_are_kept_for_some_minutes():
    secret = Secret("word")
    check = secret.check()
    for _ in range(100):
        assert check.knows("word")
    assert secret.reads == 1
    secret.now += KEPT_SECONDS
    assert check.knows("word")
    assert secret.reads == 2


def test_a_word_that_counts_no_longer_is_refused_when_they_are_read_again():
    secret = Secret("old", "new")
    check = secret.check()
    assert check.knows("old")
    secret.words = ("new", "newest")
    secret.now += KEPT_SECONDS
    assert not check.knows("old")


def test_a_new_word_is_known_as_soon_as_it_is_said():
    secret = Secret("old")
    check = secret.check()
    assert check.knows("old")
    secret.words, secret.now = ("old", "new"), secret.now + AGAIN_SECONDS
    assert check.knows("new")


def test_guesses_are_looked_up_once_in_a_while():
    secret = Secret("word")
    check = secret.check()
    assert not any(check.knows(f"guess-{n}") for n in range(100))
    assert secret.reads == 1
    secret.now += AGAIN_SECONDS
    assert not check.knows("guess")
    assert secret.reads == 2


@pytest.mark.parametrize("away", AWAY)
def test_known_words_count_on_while_the_secret_is_away(away):
    secret = Secret("word")
    check = secret.check()
    assert check.knows("word")
    secret.words = away
    for _ in range(10):
        secret.now += KEPT_SECONDS
        assert check.knows("word")
        assert check.knows("word")
    assert secret.reads == 11


@pytest.mark.parametrize("away", AWAY)
def test_of_another_word_nothing_is_said_while_the_secret_is_away(away):
    secret = Secret("word")
    check = secret.check()
    assert check.knows("word")
    secret.words = away
    secret.now += AGAIN_SECONDS
    for _ in range(10):
        with pytest.raises(RetryLaterError, match="can't be checked now") as error:
            check.knows("perhaps the next one")
    assert type(error.value) is RetryLaterError
    assert error.value.retry_after_seconds == AGAIN_SECONDS
    assert secret.reads == 2


@pytest.mark.parametrize("words", [AWAY[0], ()])
def test_without_any_word_nobody_is_let_in_and_the_secret_is_asked_again(words):
    secret = Secret()
    secret.words = words
    check = secret.check()
    with pytest.raises(RetryLaterError):
        check.knows("word")
    secret.words, secret.now = ("word",), secret.now + AGAIN_SECONDS
    assert check.knows("word")


def test_no_word_is_logged(capsys, caplog):
    secret = Secret("a-known-word")
    check = secret.check()
    assert check.knows("a-known-word")
    secret.words = AWAY[0]
    secret.now += KEPT_SECONDS
    assert check.knows("a-known-word")
    with pytest.raises(RetryLaterError):
        check.knows("a-guess")
    written = capsys.readouterr()
    for word in ("a-known-word", "a-guess"):
        assert word not in caplog.text + written.out + written.err


def test_the_check_reads_the_secret_itself(words):
    words.make("1")
    check = EdgeCheck(words.read, lambda: 0.0)
    assert check.knows(words.read()["generation1"])
