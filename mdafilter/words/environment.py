"""environment: asks about the place where the script runs, not about the message (RFC 5183).

    environment [MATCH-TYPE] [COMPARATOR] <name: string> <keys: string-list>
    environment :matches "remote-ip" "192.0.2.*"

Items are those of section 4.1 (domain, host, location, name, phase, remote-host, remote-ip, version), and

    vnd.mdafilter.trusted-upstream    "yes" or "no": whether the admin trusts spam marks that others have set
    vnd.mdafilter.policy.NAME         what the policy daemon found of this message, if it is believed (policy.py): spf,
                                      spf-domain, dnsbl, greylist, helo, points, client and so on

With `require "vnd.dovecot.environment"`, which brings the test as well, also

    vnd.dovecot.default-mailbox       "INBOX"
    vnd.dovecot.username              the user whose script it is
    vnd.dovecot.config.NAME           what the site says it is ([sieve] environment)

with `require "imapsieve"` those of an event of IMAP (imapsieve.py), and with "variables" the namespace `env`:
"${env.vnd.dovecot.username}". For a hyphen, which no name of a variable has, stands `_` there: "${env.remote_ip}".

In:    the name, in any case, and what the Scene and the World say it is.
Out:   holds where the item's value matches a key. With :count (RFC 5231) an empty value counts 0, any other 1.
Fails: never. "The environment test MUST fail unconditionally if the specified information item does not exist"
       (section 4), and so it does for every match type, so that `environment :contains "x" ""` asks whether x is known.
"""

from __future__ import annotations

from mdafilter.decision import Answer
from mdafilter.values import TYPE_CHECKING, Value
from mdafilter.words import imapsieve
from mdafilter.words.match import MATCH_TAGS, Match, match_of
from mdafilter.words.strings import quoted
from mdafilter.words.syntax import Word

if TYPE_CHECKING:
    from mdafilter.plan import Scene
    from mdafilter.texts import Text
    from mdafilter.words.syntax import Use


CAPABILITIES = ("environment", "vnd.dovecot.environment")
DOVECOT = "vnd.dovecot."


class Environment(Value):
    """Does the item `name` match?"""

    name: Text
    match: Match
    hidden: tuple[str, ...] = (DOVECOT, imapsieve.ITEMS)  # the beginnings of names that the script may not see

    def ask(self, scene: Scene) -> Answer:
        name = scene.expand(self.name).lower()
        value = None if name.startswith(self.hidden) else scene.environment(name)
        if value is None:
            return Answer(False, (f"{name} is not known",))
        answer = self.match.test(scene, () if self.match.counts and not value else (value,))
        return answer.replace(by=f"environment {quoted(name)} is {quoted(value)}") if answer.held else answer

    def describe(self) -> str:
        return f"environment {self.match.describe(quoted(self.name))}"


def build(use: Use) -> Environment:
    seen = ((DOVECOT, CAPABILITIES[1]), (imapsieve.ITEMS, imapsieve.CAPABILITY))
    hidden = tuple(beginning for beginning, capability in seen if not use.requires(capability))
    return Environment(use.text(0), match_of(use, 1), hidden)


WORDS = (Word("environment", "test", build, ("string", "strings"), tags=MATCH_TAGS, requires=CAPABILITIES),)
