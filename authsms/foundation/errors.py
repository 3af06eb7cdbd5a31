"""The one tree of errors; each class says what its catcher can do.

```
AuthsmsError
├── ConfigurationError         the administrator must change something; the text says what
├── InvalidInputError          the caller sent something unusable; the text may be shown to him
│   └── BrowserNeededError     every way to log in needs our own pages; this door has none
├── NotFoundError              there is no such thing, or it is not the caller's
├── ConflictError              it exists already, or somebody else was faster
├── ForbiddenError             whoever asks may not do this; another role may
├── ProofNeededError           whoever asks must prove again who he is, then may go on
├── ForgeryError               a cookie, token or webhook is not authentic; refuse, change nothing
├── TooManyRequestsError       a limit is reached; try again after `retry_after`
├── SealBrokenError            sealed data was altered, or its key is gone
└── UnavailableError           a dependency is away; nothing was lost, try again later
    ├── DatabaseUnavailableError
    ├── DirectoryUnavailableError
    ├── BrokerUnavailableError
    └── OverloadedError        this server has more to do than it can; try again in seconds
```

Outcomes that are expected (a wrong code, a chain that is not finished) are values, not errors.

What an error says is an English sentence and the facts that stand in it, kept apart: whoever shows it to people can
say it in their language. ``str(error)`` is the whole in English.
"""

from datetime import timedelta


def gettext_noop(sentence: str) -> str:
    """Return *sentence*; marks one for translation that stands away from the error it is said with."""
    return sentence


class AuthsmsError(Exception):
    """Root of all errors this project raises on purpose.

    Args:
        sentence: What to say, in English; facts stand in it as ``%(name)s``.
        facts: Those facts; another error among them is said in its own words.
    """

    def __init__(self, sentence: str = "", **facts: object) -> None:
        super().__init__(sentence % facts if facts else sentence)
        self.sentence = sentence
        self.facts = facts


class ConfigurationError(AuthsmsError):
    """The administrator must change something; the text says what to do."""


class InvalidInputError(AuthsmsError):
    """Input is unusable.

    Attributes:
        field: Name of the input at fault, or empty.
    """

    def __init__(self, sentence: str, *, field: str = "", **facts: object) -> None:
        super().__init__(sentence, **facts)
        self.field = field


class BrowserNeededError(InvalidInputError):
    """Whoever wants to log in has to do so on our own pages; the door that was taken has none."""


class NotFoundError(AuthsmsError):
    """There is no such thing, or it does not belong to the caller."""


class ConflictError(AuthsmsError):
    """The thing exists already, or somebody else changed it first; load it again."""


class ForbiddenError(AuthsmsError):
    """Whoever asks has no right to do this."""


class ProofNeededError(AuthsmsError):
    """Whoever asks must prove again who he is before he may do this."""


class ForgeryError(AuthsmsError):
    """A cookie, token or webhook is not authentic; refuse it and change nothing."""


class TooManyRequestsError(AuthsmsError):
    """A limit is reached.

    Attributes:
        retry_after: How long to wait before the next try can succeed.
    """

    def __init__(self, sentence: str, *, retry_after: timedelta, **facts: object) -> None:
        super().__init__(sentence, **facts)
        self.retry_after = retry_after


class SealBrokenError(AuthsmsError):
    """Sealed data was altered or moved, or its key is gone; treat the data as lost."""


class UnavailableError(AuthsmsError):
    """A dependency is away; nothing was lost, the caller may try again later."""


class DatabaseUnavailableError(UnavailableError):
    """The database cannot be reached or does not answer in time."""


class DirectoryUnavailableError(UnavailableError):
    """No server of a repository answers in time."""


class BrokerUnavailableError(UnavailableError):
    """The broker between delivery processes does not answer in time."""


class OverloadedError(UnavailableError):
    """This server has more to do than it can; try again in a few seconds."""
